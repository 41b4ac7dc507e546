package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidegate/streaming/pubsub"
)

const eventHeader = "ChangeEventHeader"

// bitmaps are the members of the header that name fields by their place.
var bitmaps = [...]string{"changedFields", "nulledFields", "diffFields"}

// typedLine is an event of the Pub/Sub API in the form that CometD gives it:
// names for the bitmaps, and of an update only the fields that it is about. The
// replay id is base64, because it is bytes.
func typedLine(e pubsub.Event) ([]byte, error) {
	body, err := e.Decode()
	if err != nil {
		return nil, fmt.Errorf("reading an event: %w", err)
	}
	names, err := namedFields(body)
	if err != nil {
		return nil, fmt.Errorf("reading an event: %w", err)
	}
	l := typedWriter{about: map[string]bool{}}
	for _, list := range names {
		for _, name := range list {
			l.about[name] = true
		}
	}
	l.payload(body, names)
	return fmt.Appendf(nil, `{"schema":%s,"payload":%s,"event":{"replayId":%q}}`,
		quoted(e.SchemaID), l.out.Bytes(), base64.StdEncoding.EncodeToString(e.ReplayID)), nil
}

// namedFields are the fields that the header's bitmaps name, by bitmap.
func namedFields(body pubsub.Value) (map[string][]string, error) {
	header := body.Field(eventHeader)
	names := map[string][]string{}
	if header.IsNull() {
		return names, nil
	}
	for _, bitmap := range bitmaps {
		var texts []string
		for _, item := range header.Field(bitmap).Items {
			texts = append(texts, item.Text)
		}
		places, err := pubsub.ReadPlaces(body.Type, texts)
		if err != nil {
			return nil, err
		}
		names[bitmap] = append([]string{}, places.Names(body.Type)...)
	}
	return names, nil
}

// typedWriter writes an event as JSON.
type typedWriter struct {
	out   bytes.Buffer
	about map[string]bool // names of what the bitmaps name
}

func (l *typedWriter) payload(body pubsub.Value, names map[string][]string) {
	l.out.WriteByte('{')
	for i, f := range body.Type.Fields {
		v := body.Items[i]
		switch {
		case f.Name == eventHeader:
			l.member(f.Name)
			l.header(v, names)
		case v.Kind() == pubsub.KindRecord:
			l.record(f.Name, v)
		case l.about[f.Name] || !v.IsNull():
			l.member(f.Name)
			l.value(v, f.Doc)
		default:
			l.nulls(f)
		}
	}
	l.out.WriteByte('}')
}

// member writes a key, after a comma where something stands before it.
func (l *typedWriter) member(name string) {
	if b := l.out.Bytes(); b[len(b)-1] != '{' {
		l.out.WriteByte(',')
	}
	l.out.Write(quoted(name))
	l.out.WriteByte(':')
}

func (l *typedWriter) header(header pubsub.Value, names map[string][]string) {
	l.out.WriteByte('{')
	for i, f := range header.Type.Fields {
		l.member(f.Name)
		if list, ok := names[f.Name]; ok {
			text, _ := json.Marshal(list) // strings always can be
			l.out.Write(text)
			continue
		}
		l.value(header.Items[i], "")
	}
	l.out.WriteByte('}')
}

// record writes the parts of a compound field that there are.
func (l *typedWriter) record(name string, v pubsub.Value) {
	l.member(name)
	l.out.WriteByte('{')
	for i, part := range v.Type.Fields {
		if l.about[name] || l.about[name+"."+part.Name] || !v.Items[i].IsNull() {
			l.member(part.Name)
			l.value(v.Items[i], part.Doc)
		}
	}
	l.out.WriteByte('}')
}

// nulls writes the parts of an empty compound field that were emptied.
func (l *typedWriter) nulls(f pubsub.Field) {
	record := f.Type.Record()
	if record == nil {
		return
	}
	for _, part := range record.Fields {
		if l.about[f.Name+"."+part.Name] {
			empty := pubsub.Value{Type: record, Items: make([]pubsub.Value, len(record.Fields))}
			l.record(f.Name, empty)
			return
		}
	}
}

// value writes one value. The schema's doc tells times from other numbers.
func (l *typedWriter) value(v pubsub.Value, doc string) {
	switch v.Kind() {
	case pubsub.KindNull:
		l.out.WriteString("null")
	case pubsub.KindBoolean:
		fmt.Fprint(&l.out, v.Bool())
	case pubsub.KindInt, pubsub.KindLong:
		l.out.Write(moment(v.Int(), doc))
	case pubsub.KindFloat, pubsub.KindDouble:
		text := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		l.out.WriteString(text)
	case pubsub.KindArray:
		for i, item := range v.Items {
			l.out.WriteByte("[,"[min(i, 1)])
			l.value(item, "")
		}
		if len(v.Items) == 0 {
			l.out.WriteByte('[')
		}
		l.out.WriteByte(']')
	default:
		l.out.Write(quoted(v.Text))
	}
}

func moment(n int64, doc string) []byte {
	at := time.UnixMilli(n).UTC()
	switch {
	case strings.Contains(doc, "DateTime"):
		return quoted(at.Format("2006-01-02T15:04:05.000Z"))
	case strings.Contains(doc, "DateOnly"):
		return quoted(at.Format(time.DateOnly))
	case strings.Contains(doc, "TimeOnly"):
		return quoted(at.Format("15:04:05.000Z"))
	}
	return strconv.AppendInt(nil, n, 10)
}

// quoted is a JSON string.
func quoted(text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a buffer takes it, and strings always can be
	return bytes.TrimRight(b.Bytes(), "\n")
}
