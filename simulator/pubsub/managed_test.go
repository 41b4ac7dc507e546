package pubsub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/pubsub"
)

type managedStream struct {
	h *house
	eventbus.PubSub_ManagedSubscribeClient
	hangUp context.CancelFunc
}

func (h *house) manage(r *eventbus.ManagedFetchRequest) *managedStream {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.with())
	h.t.Cleanup(cancel)
	s, err := h.client.ManagedSubscribe(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := s.Send(r); err != nil {
		h.t.Fatal(err)
	}
	return &managedStream{h, s, cancel}
}

func (s *managedStream) next() *eventbus.ManagedFetchResponse {
	s.h.t.Helper()
	r, err := s.Recv()
	if err != nil {
		s.h.t.Fatalf("receiving: %v", err)
	}
	return r
}

func (s *managedStream) refused(status codes.Code, code string) {
	s.h.t.Helper()
	for {
		if _, err := s.Recv(); err != nil {
			s.h.refusal(err, s.Trailer(), "ManagedSubscribe", status, "managed.subscription."+code)
			return
		}
	}
}

// commit keeps a place and returns what the server says of it.
func (s *managedStream) commit(replay []byte) *eventbus.CommitReplayResponse {
	s.h.t.Helper()
	err := s.Send(&eventbus.ManagedFetchRequest{CommitReplayIdRequest: &eventbus.CommitReplayRequest{CommitRequestId: "c-1", ReplayId: replay}})
	if err != nil {
		s.h.t.Fatal(err)
	}
	for {
		if r := s.next().GetCommitResponse(); r != nil {
			return r
		}
	}
}

func define(t *testing.T, h *house, m pubsub.Managed) string {
	t.Helper()
	id, err := h.server.Manage(m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func byName(n int32) *eventbus.ManagedFetchRequest {
	return &eventbus.ManagedFetchRequest{DeveloperName: "Harbor", NumRequested: n}
}

func TestS22ManagedSubscriptionGoesOnWhereItWasCommitted(t *testing.T) {
	h := start(t, short)
	id := define(t, h, pubsub.Managed{DeveloperName: "Harbor", Topic: contacts, Earliest: true})
	h.contacts(3)
	s := h.manage(byName(2))
	r := s.next()
	if len(r.GetEvents()) != 2 || r.GetPendingNumRequested() != 0 || len(r.GetRpcId()) != 36 {
		t.Fatalf("first answer %v", r)
	}
	first := r.GetEvents()[0].GetReplayId()
	if done := s.commit(first); done.GetError() != nil || done.GetCommitRequestId() != "c-1" || !bytes.Equal(done.GetReplayId(), first) {
		t.Errorf("commit %v", done)
	}
	// A commit that fails is answered, and the stream goes on.
	if failed := s.commit([]byte("nowhere")); failed.GetError().GetCode() != eventbus.ErrorCode_COMMIT {
		t.Errorf("commit of no place: %v", failed)
	}
	if !bytes.Equal(h.server.Committed(id), first) || h.server.Committed("18x") != nil {
		t.Errorf("committed %x", h.server.Committed(id))
	}
	s.hangUp()
	for _, request := range []*eventbus.ManagedFetchRequest{byName(5), {SubscriptionId: id, NumRequested: 5}, {SubscriptionId: id[:15], NumRequested: 5}} {
		var again *managedStream
		until(t, "the subscription to be free", func() bool {
			again = h.manage(request)
			r, err := again.Recv()
			if err == nil && len(h.lastNames(r.GetEvents())) != 2 {
				t.Errorf("after the commit: %v", r)
			}
			return err == nil
		})
		again.hangUp()
	}
}

func TestManagedSubscriptionHasOneClient(t *testing.T) {
	h := start(t, short)
	define(t, h, pubsub.Managed{DeveloperName: "Harbor", Topic: contacts})
	s := h.manage(byName(5))
	s.next()
	h.manage(byName(5)).refused(codes.FailedPrecondition, "already.active")
	define(t, h, pubsub.Managed{DeveloperName: "Harbor", Topic: contacts, Stopped: true})
	s.refused(codes.FailedPrecondition, "config.stopped")
	h.manage(byName(5)).refused(codes.FailedPrecondition, "config.stopped")
}

func TestManagedRequestsThatCannotBeServedAreRefused(t *testing.T) {
	h := start(t, short)
	id := define(t, h, pubsub.Managed{DeveloperName: "Harbor", Topic: contacts})
	commit := &eventbus.CommitReplayRequest{CommitRequestId: "c", ReplayId: make([]byte, 8)}
	for _, row := range []struct {
		code   string
		status codes.Code
		first  *eventbus.ManagedFetchRequest
		then   *eventbus.ManagedFetchRequest
	}{
		{"id.or.developer.name.empty", codes.InvalidArgument, &eventbus.ManagedFetchRequest{NumRequested: 1}, nil},
		{"id.or.developer.name.empty", codes.InvalidArgument, &eventbus.ManagedFetchRequest{SubscriptionId: id, DeveloperName: "Harbor", NumRequested: 1}, nil},
		{"developer.name.not.found", codes.NotFound, &eventbus.ManagedFetchRequest{DeveloperName: "Pier", NumRequested: 1}, nil},
		{"subscription.id.invalid", codes.InvalidArgument, &eventbus.ManagedFetchRequest{SubscriptionId: "001", NumRequested: 1}, nil},
		{"subscription.id.not.found", codes.NotFound, &eventbus.ManagedFetchRequest{SubscriptionId: "18xdG0000000009", NumRequested: 1}, nil},
		{"fetch.request.commit.request.restricted", codes.InvalidArgument, &eventbus.ManagedFetchRequest{DeveloperName: "Harbor", NumRequested: 1, CommitReplayIdRequest: commit}, nil},
		{"fetch.request.events.invalid", codes.InvalidArgument, byName(0), nil},
		{"fetch.request.events.invalid", codes.InvalidArgument, byName(1), &eventbus.ManagedFetchRequest{}},
		{"fetch.request.invalid", codes.InvalidArgument, byName(1), &eventbus.ManagedFetchRequest{DeveloperName: "Pier", NumRequested: 1}},
	} {
		s := h.manage(row.first)
		if row.then != nil {
			s.next()
			if err := s.Send(row.then); err != nil {
				t.Fatal(err)
			}
		}
		s.refused(row.status, row.code)
	}
}

func TestManagedSubscriptionsAreDefinedThroughTheControl(t *testing.T) {
	h := start(t, short)
	mux := http.NewServeMux()
	h.server.Register(mux)
	for body, status := range map[string]int{
		`{"developer_name":"Harbor","topic_name":"/data/ContactChangeEvent","earliest":true}`: 200,
		`{"developer_name":"Harbor","topic_name":"/topic/Contacts"}`:                          400,
		`{"topic_name":"/data/ContactChangeEvent"}`:                                           400,
		`not JSON`: 400,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sim/managed_subscriptions", strings.NewReader(body)))
		var m pubsub.Managed
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != status || (status == 200) != strings.HasPrefix(m.ID, "18x") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
