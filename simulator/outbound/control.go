package outbound

import (
	"encoding/json"
	"net/http"
)

// Register adds /_sim/outbound: POST a definition, GET what became of each,
// DELETE all.
func (s *Sender) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sim/outbound", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.States()) })
	mux.HandleFunc("POST /_sim/outbound", s.define)
	mux.HandleFunc("DELETE /_sim/outbound", func(w http.ResponseWriter, _ *http.Request) {
		s.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *Sender) define(w http.ResponseWriter, r *http.Request) {
	var d Definition
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&d)
	if err == nil {
		d, err = s.Define(d)
	}
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusCreated, d)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have left
}
