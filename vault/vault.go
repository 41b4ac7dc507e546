// Package vault seals secrets at rest: AES-256-GCM under one key of the
// installation, each secret bound to the row that it belongs to. A sealed
// secret that was changed, or copied to another workspace or connection, does
// not open.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"tidegate/gateway"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrSealed says that a sealed secret cannot be opened: it was changed, it
// belongs to another row, or it was sealed with a key that we do not have. It
// does not say which, because the answer would help only an attacker.
var ErrSealed = errors.New("vault: the sealed secret cannot be opened with this key for this row")

// Vault seals and unseals. It is safe for concurrent use.
type Vault struct {
	current sealer
	older   []sealer
}

// sealer is one key with the byte that names it inside a sealed secret.
type sealer struct {
	id   byte
	aead cipher.AEAD
}

// Open returns a vault that seals with key and unseals also what older keys
// sealed, so that a key can be exchanged row by row. Every key has 32 bytes.
func Open(key []byte, older ...[]byte) (*Vault, error) {
	current, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	v := &Vault{current: current}
	for _, k := range older {
		s, err := newSealer(k)
		if err != nil {
			return nil, err
		}
		v.older = append(v.older, s)
	}
	return v, nil
}

func newSealer(key []byte) (sealer, error) {
	if len(key) != KeySize {
		return sealer{}, fmt.Errorf("vault: a key has %d bytes, not %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("preparing key: %w", err)
	}
	// A random nonce is safe for 2^32 secrets under one key; an installation
	// seals one secret per token refresh.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("preparing key: %w", err)
	}
	return sealer{id: keyID(key), aead: aead}, nil
}

// keyID names a key by one byte of its digest. One byte tells nothing about
// the key and is enough to try the right one of a few first.
func keyID(key []byte) byte {
	sum := sha256.Sum256(append([]byte("tidegate vault key id\x00"), key...))
	return sum[0]
}

// Seal returns plaintext encrypted and bound to one connection of one
// workspace. The result is: key id (1 byte), nonce (12), ciphertext, tag (16).
// Sealing the same text twice gives different results.
func (v *Vault) Seal(plaintext []byte, workspace gateway.WorkspaceID, connection string) []byte {
	id := v.current.id
	return v.current.aead.Seal([]byte{id}, nil, plaintext, bound(id, workspace, connection))
}

// Unseal returns the plaintext of what Seal returned for the same workspace
// and connection, else ErrSealed and no part of the text.
func (v *Vault) Unseal(sealed []byte, workspace gateway.WorkspaceID, connection string) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, ErrSealed
	}
	id := sealed[0]
	for _, s := range append([]sealer{v.current}, v.older...) {
		if s.id != id {
			continue
		}
		plain, err := s.aead.Open(nil, nil, sealed[1:], bound(id, workspace, connection))
		if err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}

// Current reports whether a sealed secret, which Unseal opened, is sealed with
// the key that Seal uses.
func (v *Vault) Current(sealed []byte, workspace gateway.WorkspaceID, connection string) bool {
	if len(sealed) == 0 || sealed[0] != v.current.id {
		return false
	}
	// Two keys may have one id.
	_, err := v.current.aead.Open(nil, nil, sealed[1:], bound(v.current.id, workspace, connection))
	return err == nil
}

// bound is the additional data. Each part is preceded by its length, so that
// ("ab", "c") and ("a", "bc") are not the same row.
func bound(id byte, workspace gateway.WorkspaceID, connection string) []byte {
	aad := append([]byte("tidegate/vault/1"), id)
	for _, part := range []string{string(workspace), connection} {
		aad = binary.BigEndian.AppendUint64(aad, uint64(len(part)))
		aad = append(aad, part...)
	}
	return aad
}
