package salesforce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tidegate/gateway"
)

// assertionLife is how long an assertion is valid. Known clients use 3 and 5
// minutes; the ceiling is not documented.
const assertionLife = 3 * time.Minute

// JWTBearer asks for an access token of username with an assertion signed
// RS256 by the app's private key, which app.ClientSecret holds as PEM (PKCS #1
// or #8). It gives no refresh token: ask again instead.
func (o *OAuth) JWTBearer(ctx context.Context, app App, username string) (Grant, error) {
	key, err := parsePrivateKey(app.ClientSecret)
	if err != nil {
		return Grant{}, err
	}
	assertion, err := signAssertion(key, app.ClientID, username, audience(app.LoginURL), o.now())
	if err != nil {
		return Grant{}, err
	}
	return o.token(ctx, app, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion},
	})
}

// audience is the production or sandbox login host, whichever the login
// address belongs to; a host that is not Salesforce's is its own audience.
func audience(loginURL string) string {
	u, err := url.Parse(loginURL)
	if err != nil {
		return loginURL
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case host == "test.salesforce.com" || strings.HasSuffix(host, ".sandbox.my.salesforce.com"):
		return "https://test.salesforce.com"
	case strings.HasSuffix(host, ".salesforce.com"):
		return "https://login.salesforce.com"
	default:
		return strings.TrimSuffix(loginURL, "/")
	}
}

func signAssertion(key *rsa.PrivateKey, issuer, subject, audience string, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iss": issuer, "sub": subject, "aud": audience, "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("writing assertion: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing assertion: %w", err)
	}
	return text + "." + encode(signature), nil
}

func parsePrivateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, badKey(errors.New("no PEM block"))
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, badKey(errors.New("neither PKCS #1 nor PKCS #8"))
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, badKey(errors.New("not an RSA key"))
	}
	return key, nil
}

func badKey(cause error) *gateway.Error {
	e := gateway.InvalidField("client_secret", "The private key cannot be read. Enter an RSA key in PEM form.")
	e.Cause = cause
	return e
}
