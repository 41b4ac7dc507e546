package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/hint"
	"tidegate/salesforce"
	"tidegate/vault"
)

// poster sends webhooks to the host product, signed as Standard Webhooks 1.0
// prescribe, through the guard: to public https addresses, and to what the
// operator allowed.
type poster struct {
	client *http.Client
	vault  *vault.Vault
}

func newPoster(guard *salesforce.Guard, v *vault.Vault) poster {
	return poster{client: guard.Client(), vault: v}
}

// Post sends one message. A redirect is an answer like any other: it is not
// followed.
func (p poster) Post(ctx context.Context, ws gateway.WorkspaceID, s gateway.Subscriber, id string, at time.Time, body string) (int, error) {
	secret, err := p.vault.Unseal(s.Sealed, ws, s.SealedAs())
	if err != nil {
		return 0, gateway.Errorf(gateway.CodeInternal, "The secret of this webhook cannot be opened with the current key. Draw a new one on its page.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(body))
	if err != nil {
		return 0, gateway.Errorf(gateway.CodeInvalid, "The address cannot be read.")
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tidegate/"+version)
	req.Header.Set(hint.HeaderID, id)
	req.Header.Set(hint.HeaderTimestamp, stamp)
	req.Header.Set(hint.HeaderSignature, hint.Sign(string(secret), id, stamp, []byte(body)))
	resp, err := p.client.Do(req)
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		return 0, e // the guard's
	}
	if err != nil {
		return 0, gateway.Errorf(gateway.CodeUnavailable, "The address could not be reached in time.")
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	return resp.StatusCode, nil
}
