package hint

import (
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tidegate/gateway"
)

const (
	orgID     = "00DZM0000004abc2AA"
	accountID = "001ZM000001n4n5YAA"
)

// envelope is an outbound message as Salesforce writes it, with what a test
// puts into its places.
func envelope(head, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + head + `
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>` + orgID + `</OrganizationId>
   <ActionId>04kZM0000000001YAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/61.0/00DZM0000004abc</EnterpriseUrl>
   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/61.0/00DZM0000004abc</PartnerUrl>
` + body + `
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`
}

func notification(n int, fields string) string {
	id, _ := gateway.NormalizeID(fmt.Sprintf("04lZM0000%06d", n))
	return `<Notification><Id>` + id + `</Id><sObject xsi:type="sf:Account" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>` + accountID + `</sf:Id>` + fields + `</sObject></Notification>`
}

func notifications(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(notification(i, "<sf:Name>A &amp; B</sf:Name>"))
	}
	return b.String()
}

func TestAnOutboundMessageNamesItsRecords(t *testing.T) { // C26
	got, err := SOAP([]byte(envelope("", notification(1, `<sf:Name>Acme &#x41; &lt;b&gt;</sf:Name><sf:Text><![CDATA[<x>&y;]]></sf:Text><!-- note -->`))))
	if err != nil {
		t.Fatal(err)
	}
	id, _ := gateway.NormalizeID("04lZM0000000001")
	want := Told{Org: orgID, Messages: []Message{{ID: id, Records: []Named{{"Account", accountID}}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	got, err = SOAP([]byte("\ufeff" + envelope("", notifications(100))))
	if err != nil || len(got.Messages) != 100 || got.Messages[0].ID == got.Messages[99].ID {
		t.Errorf("a hundred: %d %v", len(got.Messages), err)
	}
	// Other prefixes, the short form of ids, another order.
	other := `<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Header><x/></S:Header><S:Body><o:notifications xmlns:o='http://soap.sforce.com/2005/09/outbound'>
		<o:Notification><o:sObject xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='Account'><Id>001ZM000001n4n5</Id></o:sObject><o:Id>04lZM0000000001</o:Id></o:Notification>
		<o:SessionId>00D!secret</o:SessionId><o:OrganizationId>00DZM0000004abc</o:OrganizationId></o:notifications></S:Body></S:Envelope>`
	if got, err = SOAP([]byte(other)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("spelled otherwise: %+v %v", got, err)
	}
}

// hostile are documents that must be refused, by the id of what they try.
func hostile() map[string]string {
	one := notification(1, "")
	laughs := `<!DOCTYPE lolz [<!ENTITY lol "lol">`
	for i := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY lol%d "%s">`, i, strings.Repeat("&lol;", 10))
	}
	return map[string]string{
		"S-20 file":               envelope(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, notification(1, "<sf:Name>&e;</sf:Name>")),
		"S-20 http":               envelope(`<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">`, one),
		"S-20 parameter entity":   envelope(`<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>`, one),
		"S-20 entity in a value":  envelope("", notification(1, "<sf:Name>&xxe;</sf:Name>")),
		"S-20 entity in an id":    strings.Replace(envelope("", one), orgID, "&org;", 1),
		"S-20 entity attribute":   envelope("", `<x a="&e;"/>`+one),
		"S-20 inclusion":          envelope(`<?xml-stylesheet href="file:///etc/passwd"?>`, one),
		"S-20 UTF-7":              strings.Replace(envelope("", one), "UTF-8", "UTF-7", 1),
		"S-20 UTF-16":             "\xff\xfe<\x00?\x00",
		"S-21 billion laughs":     envelope(laughs+"]>", notification(1, "<sf:Name>&lol8;</sf:Name>")),
		"S-21 quadratic":          envelope(`<!DOCTYPE x [<!ENTITY a "`+strings.Repeat("a", 100_000)+`">]>`, notification(1, "<sf:Name>"+strings.Repeat("&a;", 10_000)+"</sf:Name>")),
		"S-21 quadratic, no type": envelope("", notification(1, "<sf:Name>"+strings.Repeat("&a;", 100_000)+"</sf:Name>")),
		"S-21 nesting":            envelope("", notification(1, strings.Repeat("<a>", 100_000)+strings.Repeat("</a>", 100_000))),
		"S-21 nesting alone":      strings.Repeat("<a>", 100_000),
		"S-21 attributes":         envelope("", "<x "+strings.Repeat(`a="" `, 100_000)+"/>"+one),
		"S-21 other attributes": envelope("", "<x "+func() string {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, `a%d="" `, i)
			}
			return b.String()
		}()+"/>"+one),
		"S-21 namespaces":          envelope("", strings.Repeat(`<x xmlns:a="u" xmlns:b="u" xmlns:c="u" xmlns:d="u" xmlns:e="u" xmlns:f="u" xmlns:g="u">`, 5)),
		"S-21 long name":           envelope("", "<"+strings.Repeat("x", 1_000_000)+"/>"+one),
		"S-21 101 notifications":   envelope("", notifications(101)),
		"S-21 long id":             strings.Replace(envelope("", one), orgID, strings.Repeat("0", 1_000_000), 1),
		"no notification":          envelope("", ""),
		"no org":                   strings.Replace(envelope("", one), "OrganizationId", "Organization", 2),
		"no record id":             strings.Replace(envelope("", one), "sf:Id", "sf:Key", 2),
		"no notification id":       strings.Replace(envelope("", one), "<Notification><Id>", "<Notification><Key>", 1),
		"two messages":             strings.Replace(envelope("", one), "</soapenv:Body>", `<notifications xmlns="http://soap.sforce.com/2005/09/outbound"/></soapenv:Body>`, 1),
		"two documents":            envelope("", one) + "<x/>",
		"text behind":              envelope("", one) + "x",
		"cut off":                  envelope("", one)[:700],
		"another protocol":         strings.ReplaceAll(envelope("", one), "schemas.xmlsoap.org/soap/envelope", "www.w3.org/2003/05/soap-envelope"),
		"another message":          strings.ReplaceAll(envelope("", one), "2005/09/outbound", "2006/09/outbound"),
		"undeclared prefix":        envelope("", "<q:x/>"+one),
		"wrong end":                strings.Replace(envelope("", one), "</soapenv:Body>", "</soapenv:Bodx>", 1),
		"control character":        envelope("", notification(1, "<sf:Name>\x01</sf:Name>")),
		"no character":             envelope("", notification(1, "<sf:Name>&#0;</sf:Name>")),
		"huge character reference": envelope("", notification(1, "<sf:Name>&#x7fffffff;</sf:Name>")),
		"not XML":                  `{"a":1}`,
		"nothing":                  "",
		"half a declaration":       "<?xml",
		"comment without end":      "<!-- x",
		"same attribute twice":     envelope("", `<x a="1" a="2"/>`+one),
	}
}

func TestHostileDocumentsAreRefusedWithLittleMemory(t *testing.T) { // S-20, S-21
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := SOAP([]byte(body))
			runtime.ReadMemStats(&after)
			if gateway.CodeOf(err) != gateway.CodeInvalid || err == nil {
				t.Fatalf("accepted: %v", err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 10<<20 {
				t.Errorf("%d bytes were allocated for %d", used, len(body))
			}
			if strings.Contains(err.Error(), "passwd") || len(err.Error()) > 300 {
				t.Errorf("the error repeats the message: %v", err)
			}
		})
	}
}

// S-23: nothing that is returned can hold the session.
func TestASessionIDIsPassedOver(t *testing.T) {
	const session = "00DZM0000004abc!AQEAQC4nary"
	body := strings.Replace(envelope("", notification(1, "")), `<SessionId xsi:nil="true"/>`, "<SessionId>"+session+"</SessionId>", 1)
	got, err := SOAP([]byte(body))
	if err != nil || strings.Contains(fmt.Sprintf("%+v", got), "AQEAQC4") {
		t.Errorf("%+v %v", got, err)
	}
	for name, hostile := range map[string]string{
		"as the org":    strings.Replace(body, "<OrganizationId>"+orgID, "<OrganizationId>"+session, 1),
		"as an element": strings.Replace(body, "<ActionId>", "<"+session+">", 1),
	} {
		if _, err := SOAP([]byte(hostile)); err == nil || strings.Contains(err.Error(), "AQEAQC4") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// std reads a message with the standard library, trusting it.
func std(body []byte) (ids []string, err error) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff")))
	var path []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return ids, nil
		}
		if err != nil {
			return nil, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			path = append(path, x.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 5 && path[3] == "Notification" && path[4] == "Id" {
				if id, ok := gateway.NormalizeID(strings.TrimSpace(string(x))); ok {
					ids = append(ids, id)
				}
			}
		}
	}
}

// What is accepted here, the standard library accepts too and reads alike.
func FuzzSOAP(f *testing.F) {
	for _, body := range hostile() {
		if len(body) < 10_000 {
			f.Add([]byte(body))
		}
	}
	f.Add([]byte(envelope("", notifications(3))))
	f.Fuzz(func(t *testing.T, body []byte) {
		told, err := SOAP(body)
		if err != nil {
			if gateway.CodeOf(err) != gateway.CodeInvalid {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		ids, err := std(body)
		if err != nil {
			t.Fatalf("only accepted here: %v", err)
		}
		if len(told.Messages) > MaxNotifications || len(ids) < len(told.Messages) {
			t.Fatalf("%d messages, %d ids", len(told.Messages), len(ids))
		}
		for _, m := range told.Messages {
			if len(m.ID) != 18 || len(m.Records) != 1 || len(m.Records[0].ID) != 18 {
				t.Fatalf("message %+v", m)
			}
		}
	})
}

func BenchmarkHostile(b *testing.B) {
	for name, body := range hostile() {
		if strings.HasPrefix(name, "S-2") {
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = SOAP([]byte(body))
				}
			})
		}
	}
}
