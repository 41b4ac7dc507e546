package hint

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks 1.0.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

const (
	// Tolerance is how far the sender's clock may be from ours, either way; it
	// is also how long a request can be sent again by somebody else, whom the
	// remembered id then stops.
	Tolerance = 5 * time.Minute
	// maxSignatures is how many signatures are looked at: two secrets during a
	// rotation, and some room.
	maxSignatures = 8
	maxMessageID  = 255

	secretPrefix = "whsec_"
)

// ErrProof says that a request is not proven. It never says which part was
// wrong: that would help only who does not know the secret.
var ErrProof = errors.New("hint: the request is not proven")

// Signed is what a request says to prove itself.
type Signed struct {
	ID, Timestamp, Signatures string
	Body                      []byte // as it came, never written anew
}

// Verify checks a signature of Standard Webhooks 1.0 and returns which of the
// secrets it was made with. It takes the same time whatever is wrong.
func Verify(secrets []string, s Signed, now time.Time) (which int, err error) {
	at, ok := timestamp(s.Timestamp)
	ok = ok && messageID(s.ID)
	given := signatures(s.Signatures)
	which = -1
	for i, secret := range secrets {
		want := Sign(secret, s.ID, s.Timestamp, s.Body)
		for _, signature := range given {
			if subtle.ConstantTimeCompare([]byte(want), []byte(signature)) == 1 && want != "" && which < 0 {
				which = i
			}
		}
	}
	off := now.Sub(at)
	if !ok || which < 0 || off > Tolerance || off < -Tolerance {
		return -1, ErrProof
	}
	return which, nil
}

// messageID reports whether a text can be a message's id: without a dot, which
// would leave open where it ends, and the same in every database.
func messageID(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' || id[i] == '.' {
			return false
		}
	}
	return id != "" && len(id) <= maxMessageID
}

// signatures are those of a header, none when there are more than anybody has
// a reason to send.
func signatures(header string) []string {
	if strings.Count(header, " ") >= maxSignatures {
		return nil
	}
	return strings.Split(header, " ")
}

func timestamp(text string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	// Spelled as it was signed: no sign, no leading zero.
	if err != nil || seconds < 0 || seconds > 1<<40 || strconv.FormatInt(seconds, 10) != text {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0), true
}

// Sign returns the signature of a message, "v1," and base64, or "" when the
// secret is none.
func Sign(secret, id, timestamp string, body []byte) string {
	key, ok := SigningKey(secret)
	if !ok {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SigningKey decodes a signing secret, whsec_ and base64.
func SigningKey(secret string) ([]byte, bool) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(text)
	return key, err == nil && len(key) >= 16
}

// SigningSecret spells a key as a signing secret.
func SigningSecret(key []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// Shown checks a secret that the sender shows instead of signing with it, and
// returns which of them it is. It takes the same time whatever is wrong.
func Shown(secrets []string, given string) (which int, err error) {
	which = -1
	sum := sha256.Sum256([]byte(given))
	for i, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(want[:], sum[:]) == 1 && secret != "" && which < 0 {
			which = i
		}
	}
	if which < 0 {
		return -1, ErrProof
	}
	return which, nil
}
