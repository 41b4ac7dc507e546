package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

// sessionCookie carries the session's token. The __Host- prefix binds it to
// this host, over TLS or loopback only, so no sibling host can plant one.
const sessionCookie = "__Host-tidegate"

const (
	sessionLife  = 12 * time.Hour
	rememberLife = 30 * 24 * time.Hour
)

// PasswordParams are the argon2id costs: 19 MiB, two passes, one lane (OWASP's
// first recommendation); about 40 ms on a small server.
var PasswordParams = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// unknownHash is compared against when no member has the address, so that the
// answer takes as long as for one who has (S-42).
var unknownHash = sync.OnceValue(func() string {
	h, err := argon2id.CreateHash(newToken(), PasswordParams)
	if err != nil {
		return ""
	}
	return h
})

// recognize fills the visit with the session's member. False means that
// nobody is signed in.
func (s *Server) recognize(v *visit) (bool, error) {
	token := v.Cookies(sessionCookie)
	if token == "" {
		return false, nil
	}
	session, member, err := s.DB.SessionByToken(v.UserContext(), tokenHash(token))
	switch {
	case gateway.CodeOf(err) == gateway.CodeNotFound:
		return false, nil
	case err != nil:
		return false, err
	case member.Disabled || !session.ExpiresAt.After(s.Now()):
		return false, nil
	}
	v.session, v.member = session, member
	v.ws = s.DB.In(member.Workspace)
	return true, v.ownEyes()
}

// askToSignIn sends a browser to the sign-in page and back afterwards; a
// fragment request is told to reload instead of showing the form in a card.
func (s *Server) askToSignIn(c *fiber.Ctx) error {
	target := "/login"
	if c.Method() == fiber.MethodGet {
		target += "?next=" + url.QueryEscape(c.OriginalURL())
		// Signing in leads here with the form as its referrer: the browser has
		// not kept the cookie.
		if from, err := url.Parse(c.Get(fiber.HeaderReferer)); err == nil && from.Path == "/login" && from.Host == c.Hostname() && c.Cookies(sessionCookie) == "" {
			target += "&kept=no"
		}
	}
	if c.Get("HX-Request") != "" {
		c.Set("HX-Redirect", "/login")
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}

func (s *Server) loginPage(v *visit) error {
	if v.member.ID != "" {
		return v.Redirect(localPath(v.Query("next")), fiber.StatusSeeOther)
	}
	page := s.loginWords(v)
	page.Next = localPath(v.Query("next"))
	if v.Query("out") != "" {
		page.Notice = "You are signed out."
	}
	if v.Query("kept") == "no" {
		page.Error = "Your browser did not keep the sign-in."
		page.ErrorNext = "Allow cookies for this address. Over plain HTTP some browsers, such as Safari, keep none: use HTTPS, or another browser on this machine."
	}
	return render(v.Ctx, views.Login(page))
}

func (s *Server) loginWords(*visit) views.LoginPage {
	return views.LoginPage{URL: "/login", RememberFor: "30 days", Hint: s.SignInHint}
}

func (s *Server) login(v *visit) error {
	email := strings.ToLower(strings.TrimSpace(v.posted("email")))
	page := s.loginWords(v)
	page.Email, page.Next = email, localPath(v.posted("next"))
	if wait := s.limiter.begin(email, v.IP()); wait > 0 {
		page.Error = "Too many attempts."
		page.ErrorNext = "Wait " + duration(wait) + ", then try again. An admin can set a new password."
		v.Status(fiber.StatusTooManyRequests)
		return render(v.Ctx, views.Login(page))
	}
	member, ok, err := s.checkPassword(v, email, v.posted("password"))
	if err != nil {
		return err
	}
	if !ok {
		page.Error = "E-mail and password do not match."
		page.ErrorNext = "Check both. After five attempts signing in waits for some minutes."
		v.Status(fiber.StatusUnprocessableEntity)
		return render(v.Ctx, views.Login(page))
	}
	s.limiter.succeeded(email, v.IP())
	if err := s.startSession(v, member, v.posted("remember") == "on"); err != nil {
		return err
	}
	return v.Redirect(page.Next, fiber.StatusSeeOther)
}

func (s *Server) checkPassword(v *visit, email, password string) (gateway.Member, bool, error) {
	member, err := s.DB.MemberByEmail(v.UserContext(), email)
	hash := member.PasswordHash
	switch {
	case gateway.CodeOf(err) == gateway.CodeNotFound:
		hash = unknownHash()
	case err != nil:
		return gateway.Member{}, false, err
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		match = false // an unreadable hash opens nothing
	}
	return member, match && member.ID != "" && !member.Disabled, nil
}

// startSession always draws a new token, whatever cookie the browser brought
// (S-04), and ends the session that it replaces.
func (s *Server) startSession(v *visit, m gateway.Member, remember bool) error {
	ws := s.DB.In(m.Workspace)
	if old := v.Cookies(sessionCookie); old != "" {
		if err := ws.EndSession(v.UserContext(), tokenHash(old)); err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return err
		}
	}
	token, now, life := newToken(), s.Now(), sessionLife
	if remember {
		life = rememberLife
	}
	err := ws.CreateSession(v.UserContext(), gateway.Session{
		TokenHash: tokenHash(token), MemberID: m.ID, Workspace: m.Workspace, CreatedAt: now, ExpiresAt: now.Add(life),
	})
	if err != nil {
		return err
	}
	cookie := s.cookie(sessionCookie, token)
	if remember {
		cookie.MaxAge = int(rememberLife / time.Second)
	}
	v.Cookie(cookie)
	return nil
}

func (s *Server) logout(v *visit) error {
	if err := v.ws.EndSession(v.UserContext(), v.session.TokenHash); err != nil {
		return err
	}
	gone := s.cookie(sessionCookie, "")
	gone.MaxAge, gone.Expires = -1, time.Unix(1, 0)
	v.Cookie(gone)
	return v.Redirect("/login?out=1", fiber.StatusSeeOther)
}

func (s *Server) cookie(name, value string) *fiber.Cookie {
	return &fiber.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HTTPOnly: true,
		SameSite: fiber.CookieSameSiteLaxMode,
	}
}

// localPath returns next if it is a path on this host, else "/": a sign-in
// must not send people elsewhere.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return next
}

func newToken() string {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tokenHash is what the database keeps of a token: reading it opens nothing.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
