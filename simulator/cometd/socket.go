package cometd

import (
	"net/http"

	ws "github.com/gorilla/websocket"
)

func isUpgrade(r *http.Request) bool { return ws.IsWebSocketUpgrade(r) }

func (s *Server) serveUpgrade(w http.ResponseWriter, _ *http.Request) { notAllowed(w) }
