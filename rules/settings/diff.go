package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// Values are the settings of one tab, each under its own name: "auto_events",
// "writeback.Contact". A list is one setting. The values are compact JSON.
type Values map[string]string

// Flatten returns the single settings of a saved body. The error is
// CodeInvalid.
func Flatten(body []byte) (Values, error) {
	out := Values{}
	if err := flatten("", body, out); err != nil {
		bad := gateway.Errorf(gateway.CodeInvalid, "These settings cannot be read.")
		bad.Cause = err
		return nil, bad
	}
	return out, nil
}

func flatten(prefix string, raw json.RawMessage, out Values) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		var inner map[string]json.RawMessage
		if err := decodeOne(raw, &inner); err != nil {
			return err
		}
		if len(inner) == 0 && prefix != "" {
			out[prefix] = "{}" // none at all is stated, unlike a setting that is left out
		}
		for name, value := range inner {
			if err := flatten(strings.TrimPrefix(prefix+"."+name, "."), value, out); err != nil {
				return err
			}
		}
		return nil
	}
	if prefix == "" {
		return fmt.Errorf("decoding settings: %q is no object", raw)
	}
	var text bytes.Buffer
	if err := json.Compact(&text, raw); err != nil {
		return fmt.Errorf("decoding settings: %w", err)
	}
	out[prefix] = text.String()
	return nil
}

// body puts single settings together again.
func (v Values) body() ([]byte, error) {
	tree := map[string]any{}
	for _, name := range v.names() {
		at := tree
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = json.RawMessage(v[name])
	}
	return json.Marshal(tree)
}

func (v Values) names() []string {
	out := make([]string, 0, len(v))
	for name := range v {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// same compares two values of a setting. What is absent is off: maps of
// switches leave it out.
func same(a, b string) bool { return a == b || absent(a) && absent(b) }

func absent(value string) bool {
	return value == "" || value == "null" || value == "false" || value == `""` || value == "[]" || value == "{}"
}

// Difference is one setting that differs between two states of a tab. The
// values are compact JSON, "" where a state does not have the setting.
type Difference struct {
	Tab           gateway.Tab
	Name          string // as in Values
	Before, After string
}

// Diff lists what differs between two saved bodies of a tab, by name. The
// error is CodeInvalid.
func Diff(tab gateway.Tab, before, after []byte) ([]Difference, error) {
	from, err := Flatten(before)
	if err != nil {
		return nil, err
	}
	to, err := Flatten(after)
	if err != nil {
		return nil, err
	}
	return diff(tab, from, to), nil
}

func diff(tab gateway.Tab, from, to Values) []Difference {
	names := slices.Concat(from.names(), to.names())
	slices.Sort(names)
	var out []Difference
	for _, name := range slices.Compact(names) {
		if !same(from[name], to[name]) {
			out = append(out, Difference{Tab: tab, Name: name, Before: from[name], After: to[name]})
		}
	}
	return out
}

// Overlap is a setting that two people changed to different values.
type Overlap struct {
	Name               string
	Base, Theirs, Ours string // compact JSON
}

// Merge joins what two people made of the same settings: base is what both
// began with. Settings that only one of them changed take his value; where
// both changed one differently, choose decides by the setting's name ("theirs"
// or "ours") and every such setting is listed. Without a choice theirs stays,
// because it is saved already. merged is a body of the tab.
func Merge(tab gateway.Tab, base, theirs, ours []byte, choose map[string]string) (merged []byte, overlaps []Overlap, err error) {
	var from, saved, mine Values
	for _, part := range []struct {
		body []byte
		into *Values
	}{{base, &from}, {theirs, &saved}, {ours, &mine}} {
		if *part.into, err = Flatten(part.body); err != nil {
			return nil, nil, err
		}
	}
	out := Values{}
	for name, value := range saved {
		out[name] = value
	}
	for _, d := range diff(tab, from, mine) {
		if !same(from[d.Name], saved[d.Name]) && !same(saved[d.Name], d.After) {
			overlaps = append(overlaps, Overlap{d.Name, d.Before, saved[d.Name], d.After})
			if choose[d.Name] != "ours" {
				continue
			}
		}
		if d.After == "" {
			delete(out, d.Name)
		} else {
			out[d.Name] = d.After
		}
	}
	merged, err = out.body()
	return merged, overlaps, err
}

// Change is who gave a setting its present value, and when.
type Change struct {
	By string
	At time.Time
}

// LastChanges returns for each setting of a tab who last changed it, from all
// its revisions, newest first as the store has them. A setting that nobody
// changed from standard, the body of the defaults, is absent. Who saves a tab as it
// is takes upon him what the first connect set in it.
func LastChanges(tab gateway.Tab, standard []byte, history []gateway.SettingRow) (map[string]Change, error) {
	at, err := Flatten(standard)
	if err != nil {
		return nil, err
	}
	out := map[string]Change{}
	for _, row := range slices.Backward(history) {
		next, err := Flatten(row.Body)
		if err != nil {
			return nil, fmt.Errorf("reading revision %d: %w", row.Revision, err)
		}
		keepUnstated(next, at)
		changes := diff(tab, at, next)
		for _, d := range changes {
			out[d.Name] = Change{row.By, row.At}
		}
		if len(changes) == 0 {
			confirm(out, Change{row.By, row.At})
		}
		at = next
	}
	return out, nil
}

// confirm gives what the first connect set to the person who let it stand.
func confirm(changes map[string]Change, by Change) {
	for name, c := range changes {
		if c.By == FirstConnect {
			changes[name] = by
		}
	}
}

// keepUnstated carries over what a body does not speak of: it was saved by a
// member, or before the setting existed.
func keepUnstated(next, before Values) {
	stated := map[string]bool{}
	for name := range next {
		stated[group(name)] = true
	}
	for name, value := range before {
		if !stated[group(name)] {
			next[name] = value
		}
	}
}

// group is the part of a name that a saved body states as a whole.
func group(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}
