package hint

import (
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"
)

// The vector that Standard Webhooks publishes with its libraries.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTime      = "1614265330"
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var vectorNow = time.Unix(1614265330, 0)

func vector() Signed { return Signed{vectorID, vectorTime, vectorSignature, []byte(vectorBody)} }

func TestThePublishedVectorIsProven(t *testing.T) { // C27
	if got := Sign(vectorSecret, vectorID, vectorTime, []byte(vectorBody)); got != vectorSignature {
		t.Errorf("signed as %s", got)
	}
	if which, err := Verify([]string{vectorSecret}, vector(), vectorNow); err != nil || which != 0 {
		t.Errorf("%d %v", which, err)
	}
}

const otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

func TestWhatIsNotProvenIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Signed)
	}{
		{"S-14 no signature", func(s *Signed) { s.Signatures = "" }},
		{"S-14 no id", func(s *Signed) { s.ID = "" }},
		{"S-14 no timestamp", func(s *Signed) { s.Timestamp = "" }},
		{"S-14 another signature", func(s *Signed) { s.Signatures = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }},
		{"S-14 of another secret", func(s *Signed) { s.Signatures = Sign(otherSecret, s.ID, s.Timestamp, s.Body) }},
		{"S-14 another version", func(s *Signed) { s.Signatures = "v2" + s.Signatures[2:] }},
		{"S-14 no version", func(s *Signed) { s.Signatures = s.Signatures[3:] }},
		{"S-15 truncated", func(s *Signed) { s.Signatures = s.Signatures[:len(s.Signatures)-1] }},
		{"S-15 prefix", func(s *Signed) { s.Signatures = s.Signatures[:10] }},
		{"S-15 version alone", func(s *Signed) { s.Signatures = "v1," }},
		{"S-15 with more behind", func(s *Signed) { s.Signatures += "A" }},
		{"S-15 a thousand", func(s *Signed) { s.Signatures = strings.Repeat("v1,AAAA ", 1000) }},
		{"S-15 a thousand, one right", func(s *Signed) { s.Signatures = strings.Repeat("v1,AAAA ", 999) + s.Signatures }},
		{"S-18 another body", func(s *Signed) { s.Body = []byte(`{"test":2432232314}`) }},
		{"S-18 another id", func(s *Signed) { s.ID = "msg_p5jXN8AQM9LWM0D4loKWxJeK" }},
		{"S-18 another time", func(s *Signed) { s.Timestamp = "1614265331" }},
		{"S-18 the same time, spelled otherwise", func(s *Signed) { s.Timestamp = "01614265330" }},
		{"S-18 a moved border", func(s *Signed) { s.ID, s.Timestamp, s.Body = s.ID+"."+s.Timestamp, "", []byte(vectorBody) }},
		{"S-18 a time that is none", func(s *Signed) { s.Timestamp = "NaN" }},
		{"S-18 a negative time", func(s *Signed) { s.Timestamp = "-1" }},
		{"S-18 a time beyond all", func(s *Signed) { s.Timestamp = "99999999999999999999" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := vector()
			tt.change(&s)
			if which, err := Verify([]string{vectorSecret}, s, vectorNow); err != ErrProof || which != -1 {
				t.Errorf("%d %v", which, err)
			}
		})
	}
	if _, err := Verify(nil, vector(), vectorNow); err != ErrProof {
		t.Errorf("without a secret: %v", err)
	}
	for _, id := range []string{"a.b", "a b", "a\x00", "a\xff", "\u00e4", strings.Repeat("a", 256)} {
		s := vector()
		s.ID = id
		s.Signatures = Sign(vectorSecret, s.ID, s.Timestamp, s.Body)
		if _, err := Verify([]string{vectorSecret}, s, vectorNow); err != ErrProof {
			t.Errorf("with the id %q: %v", id, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"} {
		s := vector()
		s.Signatures = Sign(bad, s.ID, s.Timestamp, s.Body)
		if _, err := Verify([]string{bad}, s, vectorNow); err != ErrProof {
			t.Errorf("with the secret %q: %v", bad, err)
		}
	}
}

func TestTheToleranceIsFiveMinutesEitherWay(t *testing.T) { // S-16
	for off, want := range map[time.Duration]error{
		0: nil, 5 * time.Minute: nil, -5 * time.Minute: nil, 5*time.Minute + time.Second: ErrProof, -5*time.Minute - time.Second: ErrProof,
		365 * 24 * time.Hour: ErrProof,
	} {
		if _, err := Verify([]string{vectorSecret}, vector(), vectorNow.Add(off)); err != want {
			t.Errorf("%v later: %v", off, err)
		}
	}
}

func TestDuringARotationBothSecretsProve(t *testing.T) { // S-19
	s := vector()
	s.Signatures = Sign(otherSecret, s.ID, s.Timestamp, s.Body)
	for _, secrets := range [][]string{{vectorSecret, otherSecret}, {otherSecret, vectorSecret}} {
		which, err := Verify(secrets, s, vectorNow)
		if err != nil || secrets[which] != otherSecret {
			t.Errorf("%d %v", which, err)
		}
	}
	// A sender that rotates signs with both.
	s.Signatures = "v1,AAAA " + vectorSignature + " " + s.Signatures
	if which, err := Verify([]string{vectorSecret}, s, vectorNow); which != 0 || err != nil {
		t.Errorf("%d %v", which, err)
	}
}

// Whoever uses a library of Standard Webhooks is understood, and the other way
// about.
func TestTheStandardsLibraryAgrees(t *testing.T) { // C27
	rapid.Check(t, func(t *rapid.T) {
		secret := SigningSecret(rapid.SliceOfN(rapid.Byte(), 24, 64).Draw(t, "key"))
		id := rapid.StringMatching(`msg_[A-Za-z0-9]{1,40}`).Draw(t, "id")
		body := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "body")
		library, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := library.Sign(id, vectorNow, body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify([]string{otherSecret, secret}, Signed{id, vectorTime, theirs, body}, vectorNow); err != nil {
			t.Fatalf("the library's signature: %v", err)
		}
		header := http.Header{}
		header.Set(HeaderID, id)
		header.Set(HeaderTimestamp, vectorTime)
		header.Set(HeaderSignature, Sign(secret, id, vectorTime, body))
		if err := library.VerifyIgnoringTimestamp(body, header); err != nil {
			t.Fatalf("our signature: %v", err)
		}
	})
}

func TestASecretThatIsShownMustBeTheWholeOne(t *testing.T) { // S-22
	secrets := []string{"new-secret", "old-secret"}
	for given, want := range map[string]int{"new-secret": 0, "old-secret": 1, "": -1, "new": -1, "new-secret ": -1, "NEW-SECRET": -1} {
		which, err := Shown(secrets, given)
		if which != want || (err == nil) != (want >= 0) {
			t.Errorf("%q: %d %v", given, which, err)
		}
	}
	if _, err := Shown([]string{""}, ""); err != ErrProof {
		t.Errorf("an empty secret opens: %v", err)
	}
}

// No text of headers or body that was not signed is ever accepted.
func FuzzVerify(f *testing.F) {
	f.Add(vectorID, vectorTime, vectorSignature, []byte(vectorBody))
	f.Add("", "", "v1, ,v1, v1,v1", []byte("{"))
	f.Fuzz(func(t *testing.T, id, at, signatures string, body []byte) {
		_, err := Verify([]string{vectorSecret, otherSecret}, Signed{id, at, signatures, body}, vectorNow)
		if err == nil && (id != vectorID || at != vectorTime || string(body) != vectorBody || !strings.Contains(signatures, vectorSignature)) {
			t.Fatalf("accepted %q %q %q %q", id, at, signatures, body)
		}
	})
}
