package salesforce

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// F-51: an invited user's copy of an Event carries the same texts and our
// marker. It is not taken for the Event whose answer was lost, which nothing
// could be related to then.
func TestCopyOfAnInvitedUserIsNotTakenForTheLostEvent(t *testing.T) {
	describeEvent := strings.NewReplacer(`"Task"`, `"Event"`, `"fields":[`, `"fields":[{"name":"IsChild","type":"boolean"},`).Replace(describeTask)
	event := gateway.Change{
		Op: gateway.OpCreate, Key: gateway.RecordKey{Object: "Event", ID: "local:1"}, FirstSentAt: time.Unix(1, 0),
	}
	text := "From Tidegate: " + gateway.Marker(event.Key.ID)
	event.Fields = gateway.Fields{"Subject": gateway.Text("Review"), "Description": gateway.Text(text)}
	rows := func(description string) (copied, parent string) {
		return `{"Id":"00UdM00000000AA","Description":` + string(gateway.Text(description)) + `}`, `{"Id":"00UdM00000000AB","Description":` + string(gateway.Text(description)) + `}`
	}
	for name, description := range map[string]string{"by its values": text, "by its marker": text + " Somebody wrote more."} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.on("GET /services/data/v66.0/sobjects/Event/describe", 200, describeEvent)
			f.mux.HandleFunc("GET /services/data/v66.0/query", func(w http.ResponseWriter, r *http.Request) {
				copied, parent := rows(description)
				if !strings.Contains(r.URL.Query().Get("q"), "IsChild = false") {
					parent = copied + "," + parent // copies may come first
				}
				reply(w, 200, `{"totalSize":1,"done":true,"records":[`+parent+`]}`)
			})
			got, err := newClient(t, f).Find(context.Background(), event)
			if want, _ := gateway.NormalizeID("00UdM00000000AB"); err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("found %q, %v; want %q", got, err, want)
			}
		})
	}
}
