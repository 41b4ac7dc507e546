package simulator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"tidegate/simulator"
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
