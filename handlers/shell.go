package handlers

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

// shell builds what surrounds every page. What it cannot read it leaves out:
// the page itself must not fail because a badge is missing.
func (s *Server) shell(v *visit, title, current string) views.Shell {
	sh := views.Shell{
		Title:   title,
		Current: current,
		Nav:     navigation(v),
		Search:  views.SearchBox{URL: searchBase},
		User:    s.menu(v),
		MadeAt:  v.clock().at(s.Now()),
		Since:   strconv.FormatUint(uint64(v.drawn), 10),
	}
	waiting, parked := s.owed(v)
	s.addEnvironment(v, &sh, waiting)
	addNeedsYou(&sh, parked)
	if v.eyes != nil {
		if n, ok := v.eyes.sightNotice(); ok {
			sh.Notices = append(sh.Notices, n)
		}
	}
	// Only known keys speak, so that a link cannot put words on our page.
	if text, ok := flashes[v.Query("saved")]; ok {
		n := views.Notice{Tone: views.Good, Icon: views.IconOK, Text: text}
		if r, err := v.ws.Replan(v.UserContext(), gateway.ReplanSettings); v.admin() && startsSyncing[v.Query("saved")] && err == nil {
			n.Link = views.Link{Text: "See how far syncing is", URL: againBase}
			if r.Open() && r.Total > 0 {
				n.Text += " " + count(r.Total, "thing is", "things are") + " being planned by them now."
			}
		}
		if v.admin() && v.Query("saved") == "nothing" { // who saves again wants it synced again (AVM-55)
			n.Link = views.Link{Text: "Sync again by hand", URL: againBase}
		}
		sh.Notices = append(sh.Notices, n)
	}
	return sh
}

func navigation(v *visit) []views.NavItem {
	items := []views.NavItem{
		{Key: views.NavHealth, URL: "/"},
		{Key: views.NavContacts, URL: "/contacts"},
		{Key: views.NavLeads, URL: "/leads"},
		{Key: views.NavAccounts, URL: "/accounts"},
		{Key: views.NavDeals, URL: "/deals"},
		{Key: views.NavMeetings, URL: meetingsBase},
		{Key: views.NavSyncLog, URL: "/sync/log"},
		{Key: views.NavSettings, URL: v.settingsHome()},
	}
	// Who is outside is not led there; without the settings nobody is.
	if _, err := v.seesForecast(); err == nil {
		items = append(items, views.NavItem{Key: views.NavForecast, URL: forecastBase})
	}
	return items
}

// settingsHome is where somebody's settings begin: only admins see those of the
// organization, everybody else his own (AVM-02).
func (v *visit) settingsHome() string {
	if v.admin() {
		return settingsBase + "/notes"
	}
	return "/settings/you"
}

// toSettings is a link to settings of the organization, none for who may not
// see them.
func (v *visit) toSettings(l views.Link) views.Link {
	if !v.admin() && strings.HasPrefix(l.URL, settingsBase) {
		return views.Link{}
	}
	return l
}

func (s *Server) menu(v *visit) views.User {
	u := views.User{Name: v.member.Name, Initials: v.member.Initials(), SignOutURL: "/logout"}
	u.Menu = append(u.Menu, views.Link{Text: "You", URL: "/settings/you"}, views.Link{Text: "Your account", URL: "/settings/you/account"})
	if v.admin() {
		u.Menu = append(u.Menu,
			views.Link{Text: "Members", URL: "/settings/members"},
			views.Link{Text: "Topics", URL: topicsBase},
			views.Link{Text: "Agents", URL: agentsBase},
			views.Link{Text: "Settings as a file", URL: fileBase},
			views.Link{Text: "Keys", URL: "/settings/keys"},
			views.Link{Text: "Webhooks", URL: hooksBase},
			views.Link{Text: "Audit", URL: "/audit"})
	}
	return u
}

// awayTones are the connection states that a reader must know about on every
// page, not only on Health.
var awayTones = map[gateway.ConnectionState]views.Tone{
	gateway.StateNeedsReconnect: views.Bad,
	gateway.StateLimited:        views.Attention,
	gateway.StatePaused:         views.Idle,
	gateway.StateRepairing:      views.UnderWay,
	gateway.StateDisconnected:   views.Attention,
	gateway.StateCatchingUp:     views.Attention,
}

// awayFor is how long a stream may be away before every page tells of it.
const awayFor = time.Minute

// staleWords say how old the data is, and what becomes of edits meanwhile (UX 46).
func staleWords(state gateway.ConnectionState, waiting int) string {
	if state == gateway.StateRepairing {
		return "" // only what is being read again may be older
	}
	text := " What you see is as it was then or newer; each record says when. Edits are kept here and go out afterwards"
	if waiting > 0 {
		text += ": " + count(waiting, "waits", "wait") + " now"
	}
	return text + "."
}

func (s *Server) addEnvironment(v *visit, sh *views.Shell, waiting int) {
	c, err := v.aroundPage().conn, v.aroundPage().connErr
	if err != nil {
		if gateway.CodeOf(err) != gateway.CodeNotFound {
			s.Logger.Error("reading the connection for the page's frame failed", "err", err)
		}
		return
	}
	sh.Environment = views.Environment{Kind: string(c.Environment), Org: c.OrgName}
	if c.Halted() {
		sh.Notices = append(sh.Notices, v.haltNotice(c))
	}
	tone, away := awayTones[c.State]
	if !away || c.State == gateway.StateCatchingUp && s.Now().Sub(c.StateSince) < awayFor {
		return
	}
	chip := views.StateChip(string(c.State))
	n := views.Notice{Tone: tone, Icon: chip.Icon, Strong: chip.Text + " since " + v.clock().at(c.StateSince).Text + ".", Text: strings.TrimSpace(c.StateReason + staleWords(c.State, waiting))}
	if v.admin() && (c.State == gateway.StateNeedsReconnect || c.State == gateway.StateDisconnected) {
		n.Link = views.Link{Text: "Connection and readiness", URL: "/settings/salesforce"}
	}
	sh.Notices = append(sh.Notices, n)
}

// owed counts what waits and what needs a person, for the page's frame.
func (s *Server) owed(v *visit) (waiting, parked int) {
	pending, err := v.aroundPage().pending, v.aroundPage().pendingErr
	if err != nil {
		s.Logger.Error("counting pending writes for the page's frame failed", "err", err)
	}
	for _, p := range pending {
		waiting += p.Waiting
		parked += p.Parked
	}
	return waiting, parked
}

func addNeedsYou(sh *views.Shell, parked int) {
	if parked == 0 {
		return
	}
	for i := range sh.Nav {
		if sh.Nav[i].Key == views.NavSyncLog {
			sh.Nav[i].Count = number(parked)
			sh.Nav[i].CountMeans = count(parked, "write needs you", "writes need you")
		}
	}
}

// startsSyncing are the saves after which everything is planned anew.
var startsSyncing = map[string]bool{"settings": true, "object": true, "writeback": true}

// flashes are the sentences behind ?saved= of a redirect.
var flashes = map[string]string{
	"nothing":        "Nothing was changed, so nothing was saved.",
	"settings":       "Saved. The new settings are in force now.",
	"object":         "Saved. The fields travel as shown from now on.",
	"writeback":      "Saved. Writeback is enabled: edits of Editable fields of this object are written to Salesforce from now on.",
	"added":          "Added. Its records are being read; import the fields that you want.",
	"object-gone":    "Removed. It takes no part any more; its mapping is kept.",
	"fields":         "Imported. The fields are in the table below and come in from now on; switch Editable on to let people change them here.",
	"field-removed":  "Removed. Nothing changed in Salesforce, and importing it again brings its values back.",
	"connected":      "Connected to Salesforce. The first reading of your records has begun.",
	"reconnected":    "Connected again. All settings, mappings and the position in the stream are kept; what changed meanwhile is read from there.",
	"disconnected":   "Disconnected. The tokens are revoked and erased; your settings and the mirror stay.",
	"deleted":        "Deleted here. Salesforce is told at once, or next; the line in the sync log says how far it is.",
	"halted":         "Nothing is written to Salesforce from now on; what is saved here waits.",
	"unhalted":       "Writing goes on; what waited is being written now.",
	"share":          "Saved. Readings keep to the new share from their next call on.",
	"object-paused":  "The object is paused. What changes of it waits on both sides; nothing is lost.",
	"object-resumed": "The object is resumed. What waits goes out, and what changed in Salesforce since is being read.",
	"paused":         "Paused. Changes wait in Salesforce and edits wait here; nothing is lost.",
	"resumed":        "Resumed. What waited is being read and written now.",
	"proving":        "Every record is being compared with Salesforce now; the line of the object says how far it is.",
	"retried":        "Trying again now.",
	"linked":         "Linked. Your choice stays, whatever the rules would say.",
	"who-new":        "A new record is being made; what waited goes on with it.",
	"unlinked":       "Unlinked for good; no rule links it again.",
	"described":      "The fields were read from Salesforce again.",
	"imported":       "The field is imported again and goes on from now.",
	"loading":        "The records are being loaded again; this page follows by itself.",
	"loadpaused":     "The loading is paused, and stays so until somebody resumes it.",
	"loadresumed":    "The loading goes on where it stopped.",
	"loadcanceled":   "The loading is canceled. What was loaded stays.",
	"again":          "Syncing again has begun; this page follows by itself.",
	"again-runs":     "That was under way already; it goes on, and no second one was begun.",
	"again-pause":    "Paused. It stays so until somebody resumes it.",
	"again-resume":   "It goes on where it stopped.",
	"again-cancel":   "Canceled. What was queued until then still goes out.",
	"undone":         "The values go back now; each line says how far it is.",
	"ignored":        "Ignored, with your reason in the log.",
	"password":       "The new password is set. Other sessions of this account are signed out.",
	"revoked":        "The key no longer opens anything.",
	"changed":        "Saved. It holds from the next page on.",
	"member":         "The member can sign in now.",
	"agent":          "The agent is added, with the mapping of the default agent.",
	"topic":          "The topic is added. Map it to a Salesforce field, and its notes are written there.",
	"topic-gone":     "The topic is archived. It can be brought back.",
	"topic-back":     "The topic is back.",
	"hook-off":       "The webhook is disabled. What Salesforce sends now is refused; it sends outbound messages again for 24 hours.",
	"product-off":    "The webhook is disabled. What changes meanwhile is told when it is enabled again.",
	"hook-on":        "The webhook is enabled.",
	"hook-retired":   "The old secret no longer proves anything.",
	"hook-gone":      "The webhook is deleted. Its address takes nothing any more.",
	"decided":        "Decided. Both values are kept with your name.",
}

// answer sends the page, or only the asked part of it: live parts of an open
// page fetch ?part=…, which must be one of the ids that views declares.
func answer(c *fiber.Ctx, page templ.Component) error {
	part := c.Query("part")
	if part == "" {
		return render(c, page)
	}
	var b bytes.Buffer
	if err := templ.RenderFragments(c.UserContext(), &b, page, part); err != nil {
		return err
	}
	if b.Len() == 0 {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.Send(b.Bytes())
}

// withQuery returns the address of this request with some query values set;
// an empty value drops the key.
func withQuery(c *fiber.Ctx, set map[string]string) string {
	q := url.Values{}
	for k, val := range c.Context().QueryArgs().All() {
		q.Add(string(k), string(val))
	}
	q.Del("part")
	q.Del("saved")
	for key, val := range set {
		if val == "" {
			q.Del(key)
			continue
		}
		q.Set(key, val)
	}
	if len(q) == 0 {
		return c.Path()
	}
	return c.Path() + "?" + q.Encode()
}

// errorWords puts a failure into the words of the error page; again is where
// trying again leads.
func errorWords(f failure, again string) views.Empty {
	e := views.Empty{Icon: views.IconWarning, Text: f.err.Message, Actions: []views.Action{{Text: "Open Health", URL: "/"}}}
	switch f.err.Code {
	case gateway.CodeNotFound:
		e.Icon, e.Title = views.IconSearch, "Not found"
	case gateway.CodeForbidden:
		e.Icon, e.Title = views.IconLock, "Not allowed"
	case gateway.CodeTooMany:
		e.Icon, e.Title = views.IconClock, "Too many at once"
	case gateway.CodeUnavailable:
		e.Icon, e.Title = views.IconClock, "One moment"
		if errors.Unwrap(f.err) != nil || e.Text == "" {
			e.Text = "The database cannot be reached just now, so this page cannot be shown. Nothing that was saved is lost. Try again in a moment."
		}
		e.Actions = []views.Action{{Text: "Try again", URL: again}}
	case gateway.CodeInternal:
		e.Title = "Something failed here"
	default:
		e.Title = "That did not work"
	}
	return e
}
