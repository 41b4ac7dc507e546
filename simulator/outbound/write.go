package outbound

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"tidegate/simulator/org"
)

const (
	apiVersion = "61.0"
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 1 << 20
)

// send makes one request and reports whether the receiver took it.
func (s *Sender) send(ctx context.Context, d *Definition, m *message) bool {
	var body []byte
	if d.Format == SOAP {
		if body = s.envelope(d, m); body == nil {
			return true // every record is gone: there is nothing to tell
		}
	} else {
		body = s.callout(d, m.notifications[0])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(body))
	if err != nil {
		return false
	}
	if d.Format == SOAP {
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		r.Header.Set("SOAPAction", `""`)
	} else {
		r.Header.Set("Content-Type", "application/json")
		s.sign(r.Header, d.Secret, m.id, body)
	}
	answer, err := s.cfg.HTTP.Do(r)
	if err != nil {
		return false
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if errors.Join(err, answer.Body.Close()) != nil {
		return false
	}
	if d.Format == JSON {
		return answer.StatusCode >= 200 && answer.StatusCode < 300
	}
	return answer.StatusCode == http.StatusOK && acknowledged(text)
}

// acknowledged looks for an Ack that says true.
func acknowledged(text []byte) bool {
	var answer struct {
		Body struct {
			Response struct {
				Ack string `xml:"Ack"`
			} `xml:"http://soap.sforce.com/2005/09/outbound notificationsResponse"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	return xml.Unmarshal(text, &answer) == nil && strings.TrimSpace(answer.Body.Response.Ack) == "true"
}

// envelope writes a SOAP message with the values that the records have now; nil
// when none of them is there any more.
func (s *Sender) envelope(d *Definition, m *message) []byte {
	o := s.cfg.Org()
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
`)
	fmt.Fprintf(&b, "   <OrganizationId>%s</OrganizationId>\n   <ActionId>%s</ActionId>\n", o.ID(), d.ID)
	session := ""
	if d.SendSession {
		session = s.cfg.Session(m.notifications[0].user)
	}
	if session == "" {
		b.WriteString("   <SessionId xsi:nil=\"true\"/>\n")
	} else {
		fmt.Fprintf(&b, "   <SessionId>%s</SessionId>\n", escaped(session))
	}
	for _, api := range []struct{ element, letter string }{{"EnterpriseUrl", "c"}, {"PartnerUrl", "u"}} {
		address := s.cfg.BaseURL() + "/services/Soap/" + api.letter + "/" + apiVersion + "/" + o.ID()[:15]
		fmt.Fprintf(&b, "   <%s>%s</%s>\n", api.element, escaped(address), api.element)
	}
	told := 0
	o.Read(func(v org.View) {
		for _, n := range m.notifications {
			if r, ok := v.Get(d.Object, n.record); ok {
				appendNotification(&b, d, n, r)
				told++
			}
		}
	})
	if told == 0 {
		return nil
	}
	b.WriteString("  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n")
	return b.Bytes()
}

func appendNotification(b *bytes.Buffer, d *Definition, n notification, r org.Record) {
	fmt.Fprintf(b, "   <Notification>\n    <Id>%s</Id>\n    <sObject xsi:type=\"sf:%s\" xmlns:sf=\"urn:sobject.enterprise.soap.sforce.com\">\n", n.id, d.Object)
	fmt.Fprintf(b, "     <sf:Id>%s</sf:Id>\n", n.record)
	for _, name := range d.Fields {
		if v := r.Value(name); v != nil && name != "Id" {
			fmt.Fprintf(b, "     <sf:%s>%s</sf:%s>\n", name, escaped(soapValue(v)), name)
		}
	}
	b.WriteString("    </sObject>\n   </Notification>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// soapValue prints a value as XML Schema has it.
func soapValue(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case org.DateTime:
		return x.Time().Format("2006-01-02T15:04:05.000Z")
	}
	return string(org.AppendValue(nil, v))
}

// callout writes the body that a Flow of this org sends: what happened, and
// the record as it is now.
func (s *Sender) callout(d *Definition, n notification) []byte {
	happened := map[org.ChangeType]string{org.Create: "created", org.Update: "updated"}[n.change]
	b := fmt.Appendf(nil, `{"event":"%s.%s","organizationId":"%s","recordId":"%s","record":{"attributes":{"type":"%s","url":"/services/data/v%s/sobjects/%s/%s"},"Id":"%s"`,
		d.Object, happened, s.cfg.Org().ID(), n.record, d.Object, apiVersion, d.Object, n.record, n.record)
	s.cfg.Org().Read(func(v org.View) {
		r, ok := v.Get(d.Object, n.record)
		for _, name := range d.Fields {
			if ok && name != "Id" {
				b = append(append(append(b, `,"`...), name...), `":`...)
				b = org.AppendValue(b, r.Value(name))
			}
		}
	})
	return append(b, '}', '}')
}

// key decodes a signing secret; nil when it is none.
func key(secret string) []byte {
	text, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(decoded) == 0 {
		return nil
	}
	return decoded
}

// sign sets the headers of Standard Webhooks; without a secret there is no
// signature.
func (s *Sender) sign(h http.Header, secret, id string, body []byte) {
	at := fmt.Sprint(s.cfg.Now().Unix())
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", at)
	if secret == "" {
		return
	}
	mac := hmac.New(sha256.New, key(secret))
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
