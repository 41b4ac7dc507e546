package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func TestRunningOrgSendsOutboundMessages(t *testing.T) {
	got := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, _ = io.WriteString(w, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
			<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></e:Body></e:Envelope>`)
		got <- string(body)
	}))
	defer receiver.Close()
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 2}})
	c.want(201, "POST", "/_sim/outbound", `{"object":"Contact","fields":["LastName"],"url":"`+receiver.URL+`","send_session":true}`)
	c.want(400, "POST", "/_sim/outbound", `{"object":"Contact","fields":["Shoe"],"url":"`+receiver.URL+`"}`)
	id := c.made("Contact", `{"LastName":"Doe"}`)
	if body := <-got; !strings.Contains(body, "<sf:Id>"+id+"</sf:Id>") || !strings.Contains(body, "<SessionId>00D") {
		t.Errorf("message %s", body)
	}
	c.want(200, "GET", "/_sim/outbound", "")
	c.want(204, "DELETE", "/_sim/outbound", "")
}
