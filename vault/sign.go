package vault

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// Signer signs what this installation vouches for. Its key is derived from the
// vault's, so whoever may open the secrets may sign and nobody else, and a
// restored installation signs alike.
type Signer struct{ private ed25519.PrivateKey }

// NewSigner derives the signing key of an installation from its vault key of
// KeySize bytes.
func NewSigner(key []byte) (Signer, error) {
	if len(key) != KeySize {
		return Signer{}, fmt.Errorf("vault: a key has %d bytes, not %d", KeySize, len(key))
	}
	seed, err := hkdf.Key(sha256.New, key, nil, "tidegate continuity certificate 1", ed25519.SeedSize)
	if err != nil {
		return Signer{}, fmt.Errorf("deriving the signing key: %w", err)
	}
	return Signer{ed25519.NewKeyFromSeed(seed)}, nil
}

// Sign returns the Ed25519 signature of a message, and the public key that
// checks it.
func (s Signer) Sign(message []byte) (signature, publicKey []byte) {
	return ed25519.Sign(s.private, message), s.PublicKey()
}

// PublicKey returns the key that checks what Sign signed.
func (s Signer) PublicKey() []byte {
	public, _ := s.private.Public().(ed25519.PublicKey)
	return public
}

// Verify reports whether the holder of the key signed the message. It needs no
// secret.
func Verify(publicKey, message, signature []byte) bool {
	return len(publicKey) == ed25519.PublicKeySize && ed25519.Verify(publicKey, message, signature)
}
