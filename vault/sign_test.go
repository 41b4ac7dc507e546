package vault

import (
	"bytes"
	"testing"
)

func TestSignatureHoldsForOneMessageAndOneInstallation(t *testing.T) {
	a, err := NewSigner(bytes.Repeat([]byte{1}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewSigner(bytes.Repeat([]byte{2}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	message := []byte(`{"record":"1"}`)
	signature, key := a.Sign(message)
	switch {
	case !Verify(key, message, signature):
		t.Error("a good signature does not hold")
	case Verify(key, []byte(`{"record":"2"}`), signature):
		t.Error("a signature holds for another message")
	case Verify(b.PublicKey(), message, signature):
		t.Error("a signature holds for another installation")
	case Verify(nil, message, signature), Verify(key, message, nil), Verify(key[:5], message, signature):
		t.Error("half a key or no signature holds")
	}
	again, _ := a.Sign(message)
	if !bytes.Equal(again, signature) {
		t.Error("a restored installation signs otherwise")
	}
	if _, err := NewSigner([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}
