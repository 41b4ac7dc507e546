package match

import (
	"testing"

	"tidegate/gateway"
)

// AVC-10, UX-42: what the stored links of somebody, and of who is the same by
// his e-mail address, say of him.
func TestLinksOfWhoIsTheSame(t *testing.T) {
	ann := gateway.Who{Kind: gateway.KindParticipant, ID: "ann@example.com"}
	one, two := id("Contact", 1), id("Contact", 2)
	local := gateway.RecordKey{Object: "Contact", ID: "local:x"}
	of := func(kind, who string, to gateway.RecordKey, pinned bool) gateway.Link {
		return gateway.Link{Kind: kind, ExternalID: who, Key: to, Chosen: to, Reason: "why", Pinned: pinned}
	}
	mine := func(to gateway.RecordKey, pinned bool) gateway.Link { return of(ann.Kind, ann.ID, to, pinned) }
	told := func(who string, to gateway.RecordKey, pinned bool) gateway.Link {
		return of(gateway.KindPerson, who, to, pinned)
	}
	cut := gateway.RecordKey{}
	broken := func(l gateway.Link) gateway.Link { l.Broken = "gone"; return l }
	for _, tt := range []struct {
		name    string
		who     gateway.Who
		links   []gateway.Link
		key     gateway.RecordKey
		decided bool
		follows bool
	}{
		{"nothing is stored", ann, nil, cut, false, false},
		{"his own stays", ann, []gateway.Link{mine(one, false)}, one, true, false},
		{"his own that is gone does not", ann, []gateway.Link{broken(mine(one, false))}, one, false, false},
		{"what somebody chose stays though it is gone", ann, []gateway.Link{broken(mine(one, true))}, one, true, false},
		{"somebody cut it", ann, []gateway.Link{mine(cut, true)}, cut, true, false},
		{"that of the person he is", ann, []gateway.Link{told("p", one, false)}, one, true, true},
		{"his own before an unpinned one", ann, []gateway.Link{mine(two, false), told("p", one, false)}, two, true, false},
		{"a pinned one before his own", ann, []gateway.Link{mine(two, false), told("p", one, true)}, one, true, true},
		{"his own pinned one before another", ann, []gateway.Link{mine(two, true), told("p", one, true)}, two, true, false},
		{"the person was cut", ann, []gateway.Link{mine(two, false), told("p", cut, true)}, cut, true, false},
		{"two decided differently: his own", ann, []gateway.Link{mine(two, false), told("p", one, true), told("q", cut, true)}, two, true, false},
		{"two of one record", ann, []gateway.Link{told("p", one, false), told("q", one, false)}, one, true, true},
		{"two of two records", ann, []gateway.Link{told("p", one, false), told("q", two, false)}, cut, false, false},
		{"a gone one of another says nothing", ann, []gateway.Link{broken(told("p", one, false))}, cut, false, false},
		{"what is still being made is planned again", ann, []gateway.Link{mine(local, false)}, local, false, false},
		{"a new one that somebody wanted", ann, []gateway.Link{mine(local, true)}, local, true, false},
		{
			"two people of the product are two",
			gateway.Who{Kind: gateway.KindPerson, ID: "q"},
			[]gateway.Link{told("p", one, true)},
			cut, false, false,
		},
		{"a person is the participant", gateway.Who{Kind: gateway.KindPerson, ID: "q"}, []gateway.Link{mine(one, true)}, one, true, true},
		{
			"a number alone makes nobody the same",
			gateway.Who{Kind: gateway.KindParticipant, ID: "+442079460018"},
			[]gateway.Link{told("p", one, true)},
			cut, false, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := Same(tt.who, tt.links)
			if k.Link.Key != tt.key || k.Decided != tt.decided || k.Follows != tt.follows {
				t.Errorf("%+v", k)
			}
			if k.Follows && (k.Link.Kind != tt.who.Kind || k.Link.ExternalID != tt.who.ID || k.Link.Pinned || k.Link.Rule != BySame) {
				t.Errorf("a link of somebody else: %+v", k.Link)
			}
		})
	}
}

func TestParticipantIsNamedByAddressThenNumber(t *testing.T) {
	for _, tt := range [][4]string{
		{" Ann@Example.com ", "020 7946 0018", "GB", "ann@example.com"}, {"", "020 7946 0018", "GB", "+442079460018"}, {"", "nobody", "GB", ""}, {},
	} {
		if who := Participant(tt[0], tt[1], tt[2]); who.ID != tt[3] || who.Kind != gateway.KindParticipant {
			t.Errorf("%v: %+v", tt, who)
		}
	}
}
