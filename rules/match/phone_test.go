package match

import (
	"testing"

	"tidegate/gateway"
)

func TestNumbersAreTheSameInAnyNotation(t *testing.T) { // AVC-08
	for _, tt := range []struct {
		a, b, region string
		same         bool
	}{
		{"(415) 555-2671", "+1 415 555 2671", "US", true},
		{"415.555.2671 ext. 12", "1-415-555-2671", "US", true},
		{"020 7946 0018", "+44 (0)20 7946 0018", "GB", true},
		{"020 7946 0018", "+442079460018", "US", false}, // a number of the US is meant
		{"0044 20 7946 0018", "+442079460018", "GB", true},
		{"011 44 20 7946 0018", "+442079460018", "US", true},
		{"030 901820", "+49 30 901820", "DE", true},
		{"06 698 12345", "+39 06 698 12345", "IT", true}, // whose zero stays
		{"812 345", "+376 812345", "AD", true},
		{"+1 415 555 2671", "+1 415 555 2672", "US", false},
		{"4711", "47-11", "DE", true},
		{"nobody", "none", "US", false},
		{"", "", "US", false},
	} {
		if got := SamePhone(tt.a, tt.b, tt.region); got != tt.same || SamePhone(tt.b, tt.a, tt.region) != got {
			t.Errorf("SamePhone(%q, %q, %s) = %v", tt.a, tt.b, tt.region, got)
		}
	}
}

func TestPhoneStepTakesOnlyWhoHasTheNumber(t *testing.T) { // AVC-08
	one := gateway.Record{Key: id("Contact", 1), Fields: gateway.Fields{"HomePhone": gateway.Text("020 7946 0018")}}
	alike := gateway.Record{Key: id("Contact", 2), Fields: gateway.Fields{"Phone": gateway.Text("0161 946 0018")}}
	f, err := Chain(Subject{
		Person: gateway.Person{Phone: "+442079460018"}, Steps: []gateway.MatchStep{byPhone}, Objects: []string{"Contact"}, Region: "GB",
		Find: func(gateway.MatchStep, string) ([]gateway.Record, error) { return []gateway.Record{one, alike}, nil },
	})
	if err != nil || f.Key != one.Key {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRegionIsTheChosenOneOrTheUsers(t *testing.T) {
	for want, choices := range map[string][]string{"GB": {"gb", "en_US"}, "DE": {"", "de_DE"}, "FR": {"ZZ", "fr-FR"}, "US": {"", "en"}} {
		if got := Regions(choices...); got != want {
			t.Errorf("Regions(%v) = %s", choices, got)
		}
	}
}

func TestDomainIsWhatIsRegistered(t *testing.T) { // AIM-05
	for in, want := range map[string]string{
		"mail.eu.acme.co.uk": "acme.co.uk", "https://www.Acme.com/about?x": "acme.com", "ann@sub.acme.de": "acme.de", "acme.github.io": "acme.github.io",
		"xn--mnchen-3ya.de": "xn--mnchen-3ya.de", "shop.münchen.de": "xn--mnchen-3ya.de", "co.uk": "", "192.0.2.7": "", "localhost": "", "": "", "http://[bad": "",
	} {
		if got := Domain(in); got != want {
			t.Errorf("Domain(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPhone(f *testing.F) {
	f.Add("+44 (0)20 7946 0018", "GB")
	f.Add(";ext=", "")
	f.Fuzz(func(t *testing.T, text, region string) {
		one, ok := E164(text, region)
		if ok && !SamePhone(one, one, "US") {
			t.Errorf("%q is not itself", one)
		}
		Domain(text)
	})
}
