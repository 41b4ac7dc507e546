package hint

import (
	"strings"

	"tidegate/gateway"
)

const (
	spaceSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	spaceOutbound = "http://soap.sforce.com/2005/09/outbound"
	// MaxNotifications is how many an outbound message carries at most.
	MaxNotifications = 100
	// maxText bounds the few values that are looked at.
	maxText = 255
)

// SOAP reads a workflow outbound message. The session id that it may carry is
// passed over: it is never looked at, so it cannot get anywhere (S-23).
// Source: "Understanding Notifications", SOAP API Developer Guide.
func SOAP(body []byte) (Told, error) {
	r := newXMLReader(body)
	var t Told
	if root, ok := r.child(); !ok || root.space != spaceSOAP || root.name != "Envelope" {
		r.fail("The message is no SOAP envelope.")
	}
	r.each(func(e element) {
		if e.space == spaceSOAP && e.name == "Body" {
			r.each(func(e element) {
				if e.space != spaceOutbound || e.name != "notifications" || t.Messages != nil {
					r.fail("The envelope holds no outbound message, or more than one.")
					return
				}
				t = r.notifications()
			})
			return
		}
		r.skip()
	})
	if _, more := r.child(); more { // what stands behind the envelope
		r.fail("There is a second document in the message.")
	}
	if r.err == nil && (t.Org == "" || len(t.Messages) == 0) {
		r.fail("The message has no OrganizationId, or no notification.")
	}
	return t, r.err
}

// each calls f for every element inside the one just begun. f must go past the
// end of its element.
func (r *xmlReader) each(f func(element)) {
	for {
		e, ok := r.child()
		if !ok {
			return
		}
		f(e)
	}
}

func (r *xmlReader) notifications() (t Told) {
	t.Messages = []Message{}
	r.each(func(e element) {
		switch {
		case e.space == spaceOutbound && e.name == "OrganizationId" && t.Org == "":
			t.Org = r.id("OrganizationId")
		case e.space == spaceOutbound && e.name == "Notification":
			if len(t.Messages) == MaxNotifications {
				r.fail("The message has more than %d notifications.", MaxNotifications)
				return
			}
			t.Messages = append(t.Messages, r.notification())
		default:
			r.skip()
		}
	})
	return t
}

func (r *xmlReader) notification() (m Message) {
	r.each(func(e element) {
		switch {
		case e.space == spaceOutbound && e.name == "Id" && m.ID == "":
			m.ID = r.id("Id of a notification")
		case e.name == "sObject" && m.Records == nil:
			m.Records = []Named{r.sObject(e.typ)}
		default:
			r.skip()
		}
	})
	if m.ID == "" || m.Records == nil {
		r.fail("A notification has no Id, or no record.")
	}
	return m
}

func (r *xmlReader) sObject(typ string) Named {
	n := Named{Object: typ}
	r.each(func(e element) {
		if e.name == "Id" && n.ID == "" {
			n.ID = r.id("Id of a record")
			return
		}
		r.skip()
	})
	if n.ID == "" {
		r.fail("A record has no Id; choose the field Id for the outbound message.")
	}
	return n
}

// id reads an id of Salesforce.
func (r *xmlReader) id(what string) string {
	id, ok := gateway.NormalizeID(strings.TrimSpace(r.value(maxText)))
	if !ok {
		r.fail("The %s is no id of Salesforce.", what)
	}
	return id
}
