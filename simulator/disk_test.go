package simulator_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/bus"
	"tidegate/simulator/seed"
)

func TestOrgAndGrantsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	cfg := simulator.Config{DataDir: dir, Seed: 1, Sizes: seed.Sizes{Accounts: 5, Contacts: 20}}
	org, c := start(t, cfg)
	tok := c.exchange(org, c.consent(org, "allow").Get("code"))
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":30}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"delete","count":1}`)
	c.made("Contact", `{"LastName":"Müller & Söhne <b>"}`)
	truth := c.want(200, "GET", "/_sim/truth/Contact", "").body
	last := org.Log.Last()
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	// A kill may leave half a line at the end.
	log, err := os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.WriteString(`{"commit":99,"rows":[{"obj`); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}

	again, c := start(t, cfg)
	if got := c.want(200, "GET", "/_sim/truth/Contact", "").body; !bytes.Equal(got, truth) {
		t.Errorf("contacts differ after the restart:\n%.300s\n%.300s", got, truth)
	}
	if got := c.tokens(again, "grant_type", "refresh_token", "refresh_token", tok.RefreshToken); got.AccessToken == "" {
		t.Errorf("the grant is lost: %+v", got)
	}
	id := c.made("Contact", `{"LastName":"New"}`)
	if bytes.Contains(truth, []byte(id)) {
		t.Errorf("id %s is given out twice", id)
	}
	if again.Log.Last() <= last {
		t.Errorf("replay ids fell from %d to %d", last, again.Log.Last())
	}
}

// feed is every event after the replay id, as a subscriber would get them.
func feed(t *testing.T, org *simulator.Running, after int64) (ids []int64, data string) {
	t.Helper()
	cursor, err := org.Log.Open(bus.Everything, after)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range cursor.Next(1_000, 1<<20) {
		ids, data = append(ids, e.ReplayID), data+string(e.Data)+"\n"
	}
	return ids, data
}

func TestReplayIDsAndEventsSurviveARestart(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Sizes: seed.Sizes{Accounts: 5, Contacts: 20}}
	org, c := start(t, cfg)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":10}`)
	position := org.Log.Last()
	// The user's phone is in the org but in no event: not selected.
	c.want(200, "POST", "/_sim/changes", `{"object":"User","op":"update","count":2}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"delete","count":1}`)
	ids, data := feed(t, org, position)
	if len(ids) == 0 {
		t.Fatal("no events")
	}
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	// The second restart reads the snapshot of the first.
	for range 2 {
		org, _ = start(t, cfg)
		if again, text := feed(t, org, position); !slices.Equal(again, ids) || text != data {
			t.Errorf("after a restart %v, before it %v", again, ids)
		}
		if _, err := org.Log.Open(bus.Everything, ids[0]+1_000_000); !errors.Is(err, bus.ErrReplayID) {
			t.Errorf("a replay id never issued: %v", err)
		}
		if err := org.Close(); err != nil {
			t.Fatal(err)
		}
	}
	org, c = start(t, cfg)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":1}`)
	if more, _ := feed(t, org, position); len(more) != len(ids)+1 || more[len(ids)] <= ids[len(ids)-1] {
		t.Errorf("the next event continues %v as %v", ids, more)
	}
}

func TestExpiredReplayIDsStayExpiredAfterAKill(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Sizes: seed.Sizes{Accounts: 5, Contacts: 20}}
	org, c := start(t, cfg)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":10}`)
	old := org.Log.Last()
	c.want(201, "POST", "/_sim/faults", `{"kind":"expire_replay_ids"}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":1}`)
	fresh := org.Log.Last()
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := start(t, cfg)
	if _, err := again.Log.Open(bus.Everything, old); !errors.Is(err, bus.ErrReplayID) {
		t.Errorf("the expired id is good again: %v", err)
	}
	if ids, _ := feed(t, again, bus.Earliest); !slices.Equal(ids, []int64{fresh}) {
		t.Errorf("retained are %v, want %d alone", ids, fresh)
	}
}

func TestSettingsSurviveARestart(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Sizes: seed.Sizes{Accounts: 2, Contacts: 3}}
	org, c := start(t, cfg)
	_, user := c.another(org)
	c.permit(user, "Contact", `"fields":{"Phone":"hidden"}`)
	c.want(200, "POST", "/_sim/cdc", `{"object":"Lead","selected":false}`)
	c.want(400, "POST", "/_sim/channels", `{"name":"/data/People__chn","members":{}}`)
	c.want(204, "POST", "/_sim/channels", `{"name":"/data/People__chn","members":{"Contact":["Email"]}}`)
	c.want(400, "POST", "/_sim/channels", `{"name":"/data/People__chn","members":{"Contact":["Shoe"]}}`)
	c.want(201, "POST", "/_sim/outbound", `{"object":"Contact","url":"http://127.0.0.1:1/nobody"}`)
	c.want(200, "POST", "/_sim/quota", `{"max":7}`)
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	org, c = start(t, cfg)
	if o := org.Engine.ObjectFor(user, "Contact"); o.Field("Phone") != nil {
		t.Error("the hidden field shows again")
	}
	if org.CDC.Selects("Lead") || !org.CDC.Selects("Contact") {
		t.Errorf("captured are %v", org.CDC.Captured())
	}
	if _, err := org.Log.Open("/data/People__chn", bus.Tip); err != nil {
		t.Error(err)
	}
	if most, _ := org.Log.Quota().Used(); most != 7 {
		t.Errorf("the allocation is %d", most)
	}
	if got := string(c.want(200, "GET", "/_sim/outbound", "").body); !strings.Contains(got, `"object":"Contact"`) {
		t.Errorf("outbound messages %s", got)
	}
	c.want(204, "DELETE", "/_sim/outbound", "")
}

// F-39: an undelete after a restart brings back what went with the record, and
// nothing that was deleted by itself in the same moment: from the log, and from a
// snapshot.
func TestUndeleteAfterARestartBringsBackWhatWentWithIt(t *testing.T) {
	for name, updates := range map[string]string{"log": "1", "snapshot": "900"} {
		t.Run(name, func(t *testing.T) {
			moment := time.Now()
			cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Quiet: true, Sizes: seed.Sizes{Contacts: 400}, Now: func() time.Time { return moment }}
			org, c := start(t, cfg)
			account := c.made("Account", `{"Name":"A"}`)
			alone := c.made("Contact", `{"LastName":"Alone","AccountId":"`+account+`"}`)
			with := c.made("Contact", `{"LastName":"With","AccountId":"`+account+`"}`)
			c.want(204, "DELETE", "/services/data/v66.0/sobjects/Contact/"+alone, "")
			c.want(204, "DELETE", "/services/data/v66.0/sobjects/Account/"+account, "")
			c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":`+updates+`}`)
			for range 2 { // the first one makes a snapshot where the log is long
				if err := org.Close(); err != nil {
					t.Fatal(err)
				}
				org, c = start(t, cfg)
			}
			kept, err := os.ReadFile(filepath.Join(cfg.DataDir, "log.jsonl"))
			if err != nil || bytes.Contains(kept, []byte(alone)) != (name == "log") {
				t.Fatalf("this restart was not from the %s: %v", name, err)
			}
			c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"undelete","id":"`+account+`"}`)
			c.want(200, "GET", "/services/data/v66.0/sobjects/Contact/"+with, "")
			c.want(404, "GET", "/services/data/v66.0/sobjects/Contact/"+alone, "")
		})
	}
}
