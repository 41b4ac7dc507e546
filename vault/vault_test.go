package vault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
)

func testKey(b byte) []byte { return bytes.Repeat([]byte{b}, KeySize) }

func open(t *testing.T, key []byte, older ...[]byte) *Vault {
	t.Helper()
	v, err := Open(key, older...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSealedSecretOpensForItsOwnRow(t *testing.T) {
	v := open(t, testKey(1))
	for _, secret := range []string{"", "a refresh token", strings.Repeat("5Aep861", 1000)} {
		sealed := v.Seal([]byte(secret), "w1", "c1")
		if secret != "" && bytes.Contains(sealed, []byte(secret)) {
			t.Fatal("the sealed secret contains its text")
		}
		plain, err := v.Unseal(sealed, "w1", "c1")
		if err != nil || string(plain) != secret {
			t.Fatalf("Unseal = %q, %v; want %q", plain, err, secret)
		}
	}
}

func TestSealingTwiceGivesDifferentBytes(t *testing.T) {
	v := open(t, testKey(1))
	if bytes.Equal(v.Seal([]byte("same"), "w", "c"), v.Seal([]byte("same"), "w", "c")) {
		t.Fatal("equal secrets look equal when sealed")
	}
}

// S-40: the row is part of the seal.
func TestSecretCopiedToAnotherRowDoesNotOpenS40(t *testing.T) {
	v := open(t, testKey(1))
	sealed := v.Seal([]byte("token"), "ab", "c")
	rows := []struct {
		name       string
		workspace  gateway.WorkspaceID
		connection string
	}{
		{"another workspace", "zz", "c"},
		{"another connection", "ab", "d"},
		{"the border moved", "a", "bc"},
		{"swapped", "c", "ab"},
		{"empty", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			plain, err := v.Unseal(sealed, row.workspace, row.connection)
			if !errors.Is(err, ErrSealed) || plain != nil {
				t.Fatalf("Unseal = %q, %v; want ErrSealed", plain, err)
			}
		})
	}
}

// S-40: every single bit counts, and so does every missing byte.
func TestChangedSecretDoesNotOpenS40(t *testing.T) {
	v := open(t, testKey(1))
	sealed := v.Seal([]byte("token"), "w", "c")
	for i := range len(sealed) * 8 {
		flipped := bytes.Clone(sealed)
		flipped[i/8] ^= 1 << (i % 8)
		if plain, err := v.Unseal(flipped, "w", "c"); !errors.Is(err, ErrSealed) || plain != nil {
			t.Fatalf("bit %d flipped: Unseal = %q, %v; want ErrSealed", i, plain, err)
		}
	}
	for n := range sealed {
		if _, err := v.Unseal(sealed[:n], "w", "c"); !errors.Is(err, ErrSealed) {
			t.Fatalf("cut to %d bytes: %v; want ErrSealed", n, err)
		}
	}
}

func TestAnotherKeyDoesNotOpenS40(t *testing.T) {
	sealed := open(t, testKey(1)).Seal([]byte("token"), "w", "c")
	if _, err := open(t, testKey(2)).Unseal(sealed, "w", "c"); !errors.Is(err, ErrSealed) {
		t.Fatalf("Unseal with another key: %v; want ErrSealed", err)
	}
}

func TestOlderKeyStillOpensAndTheNewOneSeals(t *testing.T) {
	sealed := open(t, testKey(1)).Seal([]byte("token"), "w", "c")
	v := open(t, testKey(2), testKey(1))
	plain, err := v.Unseal(sealed, "w", "c")
	if err != nil || string(plain) != "token" {
		t.Fatalf("Unseal = %q, %v", plain, err)
	}
	if v.Current(sealed, "w", "c") || !v.Current(v.Seal(plain, "w", "c"), "w", "c") || v.Current(nil, "w", "c") {
		t.Error("the current key is not told from the older one")
	}
	if plain, err := open(t, testKey(2)).Unseal(v.Seal(plain, "w", "c"), "w", "c"); err != nil {
		t.Fatalf("what is sealed now is not sealed with the new key: %q, %v", plain, err)
	}
}

func TestKeyOfWrongLengthIsRefused(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := Open(make([]byte, n)); err == nil {
			t.Errorf("Open took a key of %d bytes", n)
		}
	}
	if _, err := Open(testKey(1), []byte("short")); err == nil {
		t.Error("Open took a short older key")
	}
}

func TestParseKey(t *testing.T) {
	key := testKey(0xfb)
	good := map[string]string{
		"standard":    base64.StdEncoding.EncodeToString(key),
		"raw":         base64.RawStdEncoding.EncodeToString(key),
		"url":         base64.URLEncoding.EncodeToString(key),
		"white space": " " + base64.StdEncoding.EncodeToString(key) + "\n",
	}
	for name, text := range good {
		if got, err := ParseKey(text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: ParseKey = %x, %v", name, got, err)
		}
	}
	bad := map[string]string{
		"empty":      "",
		"short":      base64.StdEncoding.EncodeToString(key[:31]),
		"no base64":  "canary secret that is not base64",
		"all zeros":  base64.StdEncoding.EncodeToString(make([]byte, KeySize)),
		"hex digits": strings.Repeat("ab", KeySize),
	}
	for name, text := range bad {
		_, err := ParseKey(text)
		if err == nil {
			t.Errorf("%s: ParseKey took it", name)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
	}
}

func TestKeyFileIsCreatedOnceForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "secret.key")
	keys := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			key, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	group.Wait()
	for _, key := range keys {
		if !bytes.Equal(key, keys[0]) {
			t.Fatal("processes that start at once got different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v; want 0600", info.Mode(), err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(rest) != 0 {
		t.Fatalf("left behind: %v", rest)
	}
}

func TestKeyFileThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(testKey(1))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("LoadOrCreate = %v; want a refusal that says what to do", err)
	}
}

func TestDamagedKeyFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if err := os.WriteFile(path, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(path); err == nil {
		t.Fatal("a damaged key file was taken")
	}
	if text, _ := os.ReadFile(path); string(text) != "half a k" {
		t.Fatal("a damaged key file was overwritten: what it sealed is lost")
	}
}
