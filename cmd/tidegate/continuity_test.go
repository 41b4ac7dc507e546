package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/vault"
)

// TestCertificateIsCheckedApartFromTheDatabase: a copy of the file is enough,
// and any change of it is found out.
func TestCertificateIsCheckedApartFromTheDatabase(t *testing.T) {
	ours, err := vault.NewSigner(bytes.Repeat([]byte{1}, vault.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := vault.NewSigner(bytes.Repeat([]byte{2}, vault.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 4, 12, 0, 0, 123456000, time.UTC)
	h := gateway.Hole{
		ID: 890632719792912564, Cause: gateway.HoleExpired, Said: "<refused> & gone", From: now.Add(-time.Hour), To: now, StartedAt: now, EndedAt: now,
		Objects: []gateway.HolePart{{Object: "Contact", Means: gateway.MeansChanges, State: gateway.HoleClosed, HoleCount: gateway.HoleCount{Read: 412, Deleted: 3}}},
	}
	statement, err := continuity.Certify("demo", h)
	if err != nil {
		t.Fatal(err)
	}
	h.Certificate.Statement = statement
	h.Certificate.Signature, h.Certificate.Key = ours.Sign(statement)
	text, err := json.MarshalIndent(continuity.Export(h), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		keys   [][]byte
		want   string
	}{
		"as it was":              {func(b []byte) []byte { return b }, [][]byte{ours.PublicKey()}, asSigned},
		"after a change of keys": {func(b []byte) []byte { return b }, [][]byte{theirs.PublicKey(), ours.PublicKey()}, asSigned},
		"another installation":   {func(b []byte) []byte { return b }, [][]byte{theirs.PublicKey()}, "was signed by another installation"},
		"the record was changed": {func(b []byte) []byte { return bytes.Replace(b, []byte(`"deleted": 3`), []byte(`"deleted": 0`), 1) }, [][]byte{ours.PublicKey()}, "was signed, but the record beside it was changed"},
		"both were changed":      {func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"deleted": 3`), []byte(`"deleted": 0`)) }, [][]byte{ours.PublicKey()}, "was changed after it was signed"},
	} {
		t.Run(name, func(t *testing.T) {
			var e continuity.Exported
			if err := json.Unmarshal(c.change(text), &e); err != nil {
				t.Fatal(err)
			}
			if got := judge(e, c.keys); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
