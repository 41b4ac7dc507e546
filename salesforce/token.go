package salesforce

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"tidegate/gateway"
)

// Token is a session of a connection. Generation counts renewals: who was
// refused with one generation asks for a newer one.
type Token struct {
	Access      string
	InstanceURL string // scheme and host; may change with the generation
	Generation  int64
}

// TokenSource gives the session. Both methods are safe for concurrent use.
type TokenSource interface {
	// Token returns the session as last known.
	Token(ctx context.Context) (Token, error)
	// Refresh returns a session newer than the stale generation, renewing it
	// if nobody else has. Errors: CodeSFAuth or CodeSFPolicy when only a
	// person can help, CodeSFDown or CodeSFBusy when trying later may.
	Refresh(ctx context.Context, stale int64) (Token, error)
}

// Keeper is where a connection and its secrets are kept. The functions are
// given by whoever owns the store.
type Keeper struct {
	// Load reads what is kept now, past any cache.
	Load func(context.Context) (gateway.Connection, gateway.Secrets, error)
	// Save keeps them durably: when it returns nil, a crash loses nothing.
	// It is called with the lock held, and with the next generation; with the
	// same one when only the refresh token changed.
	Save func(context.Context, gateway.Connection, gateway.Secrets) error
	// Lock keeps every other caller, in this process and in others, from
	// renewing this connection's session until unlock is called.
	Lock func(context.Context) (unlock func(), err error)
}

// A renewal waits for the lock for up to lockTimeout, longer than the lock of a
// crashed process lasts, and then has renewTimeout for itself, less than the
// lock lasts: two that ask with one refresh token would end the grant. How
// long a renewal waited must not shorten what it has to keep an answer.
const (
	lockTimeout  = 75 * time.Second
	renewTimeout = 45 * time.Second
)

// Refresher is the TokenSource of a kept connection. However many goroutines
// and processes ask at once, one renewal is made; the others use its result.
// With rotation on, asking twice would make Salesforce revoke the grant.
type Refresher struct {
	oauth *OAuth
	keep  Keeper

	flight singleflight.Group
	mu     sync.Mutex
	token  Token // Access is "" until loaded
	dead   deadGrant
}

// deadGrant remembers a refusal that only a person can end, so that Salesforce
// is not asked again in vain (F-31: at most 5 times an hour).
type deadGrant struct {
	secrets gateway.Secrets
	err     error
	until   time.Time // zero = until somebody connects anew
}

// NewRefresher returns the token source of the connection that keep keeps.
func NewRefresher(oauth *OAuth, keep Keeper) *Refresher {
	return &Refresher{oauth: oauth, keep: keep}
}

// Token returns the session as last known, reading it once from the keeper. A
// connection without one (client credentials, first use) gets one now.
func (r *Refresher) Token(ctx context.Context) (Token, error) {
	if t := r.known(); t.Access != "" {
		return t, nil
	}
	conn, secrets, err := r.keep.Load(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("loading the session: %w", err)
	}
	if secrets.AccessToken == "" {
		return r.Refresh(ctx, secrets.Generation)
	}
	return r.remember(conn, secrets), nil
}

// Forget drops what is cached, after a connection was made anew or ended.
func (r *Refresher) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token, r.dead = Token{}, deadGrant{}
}

// Refresh implements TokenSource. The renewal itself does not end with ctx:
// once asked, Salesforce may have exchanged the refresh token, and its answer
// must be kept even if nobody waits for it any more.
func (r *Refresher) Refresh(ctx context.Context, stale int64) (Token, error) {
	if t := r.known(); t.Access != "" && t.Generation > stale {
		return t, nil
	}
	// The key keeps apart callers refused with different generations: who
	// was refused with the newer one must not get that very one back.
	done := r.flight.DoChan(strconv.FormatInt(stale, 10), func() (any, error) {
		return r.renew(context.WithoutCancel(ctx), stale)
	})
	select {
	case <-ctx.Done():
		return Token{}, fmt.Errorf("waiting for a new session: %w", ctx.Err())
	case result := <-done:
		if result.Err != nil {
			return Token{}, result.Err
		}
		return result.Val.(Token), nil
	}
}

// renew is one renewal under the lock: look whether another process was
// quicker, ask, save, and only then let anybody use the new session.
func (r *Refresher) renew(ctx context.Context, stale int64) (Token, error) {
	waiting, enough := context.WithTimeout(ctx, lockTimeout)
	defer enough()
	unlock, err := r.keep.Lock(waiting)
	if err != nil {
		return Token{}, fmt.Errorf("locking the session: %w", err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	conn, secrets, err := r.keep.Load(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("loading the session: %w", err)
	}
	if secrets.AccessToken != "" && secrets.Generation > stale {
		return r.remember(conn, secrets), nil
	}
	if err := r.knownDead(secrets); err != nil {
		return Token{}, err
	}
	grant, err := r.ask(ctx, conn, secrets)
	if grant.RefreshToken != "" {
		secrets.Rotates = secrets.Rotates || secrets.RefreshToken != grant.RefreshToken
		secrets.RefreshToken = grant.RefreshToken
	}
	if err != nil {
		if grant.RefreshToken != "" {
			err = errors.Join(err, r.keep.Save(ctx, conn, secrets))
		}
		err = suspect(secrets, err)
		r.noteDead(secrets, err)
		return Token{}, err
	}
	secrets.AccessToken = grant.AccessToken
	if grant.InstanceURL != "" {
		conn.InstanceURL = grant.InstanceURL
	}
	secrets.Generation = max(secrets.Generation, stale) + 1
	if err := r.keep.Save(ctx, conn, secrets); err != nil {
		return Token{}, fmt.Errorf("saving the new session: %w", err)
	}
	return r.remember(conn, secrets), nil
}

// suspect words the end of a grant whose refresh token changed at every use:
// Salesforce ends it at once when an old one is used, by us after a lost answer
// or by somebody who has stolen it, and does not say which (S-51).
func suspect(secrets gateway.Secrets, err error) error {
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok || !secrets.Rotates || e.Code != gateway.CodeSFAuth || !strings.Contains(e.Said, "expired access/refresh token") {
		return err
	}
	worded := *e
	worded.Message = sayStolen
	return &worded
}

func (r *Refresher) ask(ctx context.Context, conn gateway.Connection, secrets gateway.Secrets) (Grant, error) {
	app := App{LoginURL: conn.LoginURL, ClientID: secrets.ClientID, ClientSecret: secrets.ClientSecret}
	switch conn.Flow {
	case "client-credentials":
		return r.oauth.ClientCredentials(ctx, app)
	case "jwt-bearer":
		return r.oauth.JWTBearer(ctx, app, conn.Username)
	}
	if secrets.RefreshToken == "" {
		return Grant{}, &gateway.Error{
			Code: gateway.CodeSFAuth, Message: saySession, Cause: errors.New("no refresh token is kept"),
		}
	}
	return r.oauth.Refresh(ctx, app, secrets.RefreshToken)
}

func (r *Refresher) known() Token {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token
}

// remember caches a session unless a newer one is cached already.
func (r *Refresher) remember(conn gateway.Connection, secrets gateway.Secrets) Token {
	t := Token{Access: secrets.AccessToken, InstanceURL: conn.InstanceURL, Generation: secrets.Generation}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Generation >= r.token.Generation {
		r.token = t
	}
	return t
}

func (r *Refresher) knownDead(secrets gateway.Secrets) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead.err == nil || r.dead.secrets != secrets {
		return nil
	}
	if !r.dead.until.IsZero() && !r.oauth.now().Before(r.dead.until) {
		return nil
	}
	return r.dead.err
}

// noteDead remembers err if only a person can help. A refresh token that was
// refused stays dead. A policy or the setup of the app can be corrected in
// Salesforce without anything changing here, so that is asked again later.
func (r *Refresher) noteDead(secrets gateway.Secrets, err error) {
	code := gateway.CodeOf(err)
	if code != gateway.CodeSFAuth && code != gateway.CodeSFPolicy {
		return
	}
	dead := deadGrant{secrets: secrets, err: err}
	if code == gateway.CodeSFPolicy || secrets.RefreshToken == "" {
		dead.until = r.oauth.now().Add(refusedPause)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = dead
}
