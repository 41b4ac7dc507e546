package handlers

import (
	"encoding/base64"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/views"
)

// clock turns instants into words for one reader: his zone, and the moment
// at which the page is made.
type clock struct {
	now  time.Time
	zone *time.Location
}

func (v *visit) clock() clock {
	zone, err := time.LoadLocation(v.member.Zone)
	if err != nil {
		zone = time.UTC
	}
	return clock{now: v.s.Now().In(zone), zone: zone}
}

// ago is short and grows coarser with age: "2 s ago", "14:31", "18 Nov",
// "18 Nov 2024". An unknown instant is "—".
func (k clock) ago(t time.Time) views.Time {
	if t.IsZero() {
		return views.Time{Text: "—"}
	}
	out := k.at(t)
	age := k.now.Sub(t)
	switch {
	case age < -time.Minute:
	case age < time.Second:
		out.Text = "just now"
	case age < time.Minute:
		out.Text = fmt.Sprintf("%d s ago", int(age/time.Second))
	}
	return out
}

// at is the clock time of today, else the date.
func (k clock) at(t time.Time) views.Time {
	if t.IsZero() {
		return views.Time{Text: "—"}
	}
	local := t.In(k.zone)
	layout := "2 Jan 2006"
	switch {
	case sameDay(local, k.now):
		layout = "15:04:05"
	case local.Year() == k.now.Year():
		layout = "2 Jan"
	}
	return views.Time{Text: local.Format(layout), ISO: t.UTC().Format(time.RFC3339)}
}

// full is date and time, for settings and evidence: "3 Nov 2026, 09:14".
func (k clock) full(t time.Time) views.Time {
	if t.IsZero() {
		return views.Time{Text: "—"}
	}
	return views.Time{Text: t.In(k.zone).Format("2 Jan 2006, 15:04"), ISO: t.UTC().Format(time.RFC3339)}
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// duration is one unit, whole: "850 ms", "12 s", "4 min", "3 h", "2 days".
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// number groups thousands: 12480 → "12,480".
func number(n int) string { return continuity.Number(n) }

// count joins a number with its noun: "1 write", "3 writes".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// list joins words: "Title", "Title and Mobile", "Title, Mobile and Phone".
func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// display shows a field's value as its reader expects it.
func (k clock) display(f gateway.Field, v gateway.Value, currency string) string {
	if v.Empty() {
		return ""
	}
	switch f.Type {
	case gateway.TypeBoolean:
		if v == "true" {
			return "Yes"
		}
		return "No"
	case gateway.TypeDatetime:
		if t, ok := v.Time(); ok {
			return k.full(t).Text
		}
	case gateway.TypeDate:
		if t, err := time.Parse(time.DateOnly, v.String()); err == nil {
			return t.Format("2 Jan 2006")
		}
	case gateway.TypeCurrency:
		return money(v.String(), currency)
	case gateway.TypePercent:
		return v.String() + " %"
	case "base64":
		return noteText(v.String())
	}
	return v.String()
}

// noteText is the text of a note as it is written, without its HTML; what is no
// such text stays as it is.
func noteText(written string) string {
	body, err := base64.StdEncoding.DecodeString(written)
	if err != nil || !utf8.Valid(body) {
		return written
	}
	var text strings.Builder
	for _, part := range strings.Split(string(body), "<") {
		if _, after, tag := strings.Cut(part, ">"); tag {
			part = after
		}
		text.WriteString(part + " ")
	}
	return html.UnescapeString(strings.Join(strings.Fields(text.String()), " "))
}

// money groups the digits of a plain decimal without touching them, and puts
// the label before: "€ 48,000.50" (AVM-45: the label never changes a number).
func money(digits, label string) string {
	neg := strings.HasPrefix(digits, "-")
	whole, fraction, has := strings.Cut(strings.TrimPrefix(digits, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	out := label + " " + whole
	if has {
		if len(fraction) == 1 {
			fraction += "0"
		}
		out += "." + fraction
	}
	if neg {
		out = "−" + out
	}
	return strings.TrimSpace(out)
}
