package cometd_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	simorg "tidegate/simulator/org"
)

// TestS14S15WritesOfTheOrgArriveAsEvents goes the whole way: engine, capture, log, wire.
func TestS14S15WritesOfTheOrgArriveAsEvents(t *testing.T) {
	o := start(t, nil)
	engine := simorg.New(simorg.Config{Now: o.now, Publisher: cdc.New(cdc.Config{Log: o.log})})
	b := o.ready("/data/AccountChangeEvent", bus.Tip)
	caller := simorg.Caller{Origin: "com/salesforce/api/rest/61.0;client=tidegate"}
	if _, err := engine.Transact(caller, func(tx *simorg.Tx) error {
		if _, err := tx.Create("Account", map[string]any{"Name": "Harbor Works", "BillingCity": "Bern"}); err != nil {
			return err
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, text, err := b.post("/cometd/61.0/connect", b.message("/meta/connect", `,"connectionType":"long-polling"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`[{"channel":"/data/AccountChangeEvent","data":{"schema":"`, `"BillingAddress":{"City":"Bern"}`,
		`"entityName":"Account"`, `"changeType":"CREATE"`, `"changeOrigin":"com/salesforce/api/rest/61.0;client=tidegate"`,
		`"event":{"replayId":`, `"channel":"/meta/connect"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("answer lacks %s: %s", want, text)
		}
	}
}

// BenchmarkSocketBacklog reports how many events a second one socket gets from a
// backlog of 20,000.
func BenchmarkSocketBacklog(b *testing.B) {
	const events = 20_000
	o := start(b, nil)
	payload := bytes.Repeat([]byte(" "), 600)
	copy(payload, `{"n":1`)
	payload[len(payload)-1] = '}'
	for range events {
		o.log.Append(bus.Message{Object: "Contact", Schema: "V2MGwDA2aIP0yQS98S2L6Q", Payload: payload})
	}
	b.ResetTimer()
	began := time.Now()
	for range b.N {
		l := o.dial()
		l.handshake()
		l.subscribe(bus.Everything, bus.Earliest)
		for got := 0; got < events; {
			_, text, err := l.conn.ReadMessage()
			if err != nil {
				b.Fatal(err)
			}
			got += bytes.Count(text, []byte(`"replayId"`))
		}
		_ = l.conn.Close()
	}
	b.ReportMetric(float64(events*b.N)/time.Since(began).Seconds(), "events/s")
}
