package handlers

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/store"
	"tidegate/views"
)

// health answers "can I go home?" in one true sentence, then per object.
func health(v *visit) error {
	conn, err := v.connection()
	if err != nil {
		return err
	}
	facts, err := v.healthFacts(conn)
	if err != nil {
		return err
	}
	span := rangeOf(v.Query("range"))
	steps, err := v.traffic(span)
	if err != nil {
		return err
	}
	p := views.HealthPage{
		Shell:    v.s.shell(v, "Health", views.NavHealth),
		Live:     views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartHealth})},
		State:    views.StateChip(string(facts.state)),
		Sentence: facts.sentence(),
		Detail:   facts.detail(v.clock()),
		Actions:  v.healthActions(conn),
		Loads:    v.healthLoads(facts),
		Objects:  v.healthObjects(facts),
		ObjectsEmpty: views.Empty{
			Icon: views.IconPlug, Title: "Connect Salesforce to begin",
			Text:    "Then every object is listed here with its state, its lag and its rows.",
			Actions: connectActions(v),
		},
		ObjectsLead: "Rows here and rows in Salesforce, side by side. Every value is compared with Salesforce over and over; what is not covered is calculated there without telling, and is as it was read then.",
		Flow:        v.flow(span, steps),
		Budget:      v.budget(conn, steps),
	}
	if p.Jobs, err = v.jobs(false); err != nil {
		return err
	}
	if err := v.newestHoles(&p); err != nil {
		return err
	}
	p.Shell.StreamURL, p.Shell.ReloadURL = "/events", "/"
	return answer(v.Ctx, views.Health(p))
}

// connectActions lead an admin to the first connect, where there is none yet.
func connectActions(v *visit) []views.Action {
	if c, err := v.connection(); !v.admin() || err != nil || c.ID != "" {
		return nil
	}
	return []views.Action{{Text: "Connect Salesforce", URL: "/settings/salesforce", Style: views.Primary}}
}

func (v *visit) healthActions(c gateway.Connection) []views.Action {
	if !v.admin() || c.ID == "" {
		return nil
	}
	if c.State == gateway.StatePaused {
		return []views.Action{{Text: "Resume", URL: "/settings/salesforce/resume", Icon: views.IconResume, Post: true}}
	}
	return []views.Action{{Text: "Pause", URL: "/settings/salesforce/pause", Icon: views.IconPause}}
}

// healthFacts is what the sentence is made of.
type healthFacts struct {
	conn    gateway.Connection
	state   gateway.ConnectionState
	objects []gateway.ObjectStatus
	pending map[string]store.PendingCounts
	loads   map[string]gateway.Backfill
	proofs  map[string]gateway.ProofStatus
	holes   []gateway.Hole // not closed
	paused  map[string]gateway.ObjectPause
	signed  gateway.Hole // the last time that Salesforce did not accept our sign-in
	now     time.Time
	lag     time.Duration
	waiting int
	parked  int
	unread  int      // changes of the last day that could not be read
	unready []string // objects whose first backfill is not done
	broken  []gateway.Mapping
	mend    string   // where they are mended, "" for who cannot
	mirrors []string // the mirrored objects
}

func (v *visit) healthFacts(c gateway.Connection) (healthFacts, error) {
	f := healthFacts{conn: c, state: c.State, loads: map[string]gateway.Backfill{}, now: v.s.Now()}
	if c.ID == "" {
		f.state = gateway.StateDisconnected
	}
	var err error
	if f.mirrors, err = mirrored(v.UserContext(), v.ws); err != nil {
		return f, err
	}
	if f.objects, err = v.ws.ObjectStatuses(v.UserContext()); err != nil {
		return f, err
	}
	f.objects = slices.DeleteFunc(f.objects, func(o gateway.ObjectStatus) bool { return !slices.Contains(f.mirrors, o.Object) })
	if f.pending, err = v.ws.PendingByObject(v.UserContext()); err != nil {
		return f, err
	}
	if f.proofs, err = v.proofs(); err != nil {
		return f, err
	}
	if f.broken, err = v.ws.SuspendedMappings(v.UserContext()); err != nil {
		return f, err
	}
	if len(f.broken) > 0 {
		f.mend = v.toSettings(views.Link{URL: objectURL(f.broken[0].Object) + "?show=broken"}).URL
	}
	if f.unread, err = v.ws.QuarantinedSince(v.UserContext(), f.now.Add(-unreadNews)); err != nil {
		return f, err
	}
	if f.holes, err = v.ws.UnclosedHoles(v.UserContext()); err != nil {
		return f, err
	}
	if f.paused, err = v.ws.PausedObjects(v.UserContext()); err != nil {
		return f, err
	}
	if f.signed, err = v.signedOut(); err != nil {
		return f, err
	}
	loads, err := v.ws.Backfills(v.UserContext())
	if err != nil {
		return f, err
	}
	for _, b := range loads {
		f.loads[b.Object] = b
		if b.State != gateway.BackfillDone && b.State != gateway.BackfillCanceled {
			f.unready = append(f.unready, b.Object)
		}
	}
	newest := time.Time{}
	for _, o := range f.objects {
		if o.LastEvent.After(newest) {
			newest, f.lag = o.LastEvent, o.Lag
		}
	}
	for _, p := range f.pending {
		f.waiting += p.Waiting
		f.parked += p.Parked
	}
	if f.state == gateway.StateOK && len(f.unready) > 0 {
		f.state = gateway.StateCatchingUp
	}
	return f, nil
}

// signedOut is the last hole that a dead sign-in made, the zero one if none did.
func (v *visit) signedOut() (gateway.Hole, error) {
	holes, _, err := v.ws.Holes(v.UserContext(), store.HoleQuery{Cause: gateway.HoleSignedOut, Limit: 1})
	if err != nil || len(holes) == 0 {
		return gateway.Hole{}, err
	}
	return holes[0], nil
}

// reconnectNews is how long a reconnect is news on the health page.
const reconnectNews = 24 * time.Hour

// unreadNews is how long a change that could not be read is news; its record is
// read again at once, so it is nothing that somebody must act on (F-24).
const unreadNews = 24 * time.Hour

// opening is how the sentence begins, by state.
var opening = map[gateway.ConnectionState]string{
	gateway.StateOK:             "In sync",
	gateway.StateCatchingUp:     "Catching up",
	gateway.StatePaused:         "Paused",
	gateway.StateNeedsReconnect: "Not in sync: Salesforce needs a new sign-in",
	gateway.StateLimited:        "Slowed down by Salesforce",
	gateway.StateRepairing:      "Repairing a gap",
	gateway.StatePolling:        "In sync by polling",
	gateway.StateDisconnected:   "Not connected to Salesforce",
}

func (f healthFacts) sentence() []views.Piece {
	text := opening[f.state]
	if f.state == gateway.StateCatchingUp && len(f.unready) > 0 {
		text += " with " + list(f.unready)
	}
	if f.conn.Halted() {
		text += ", nothing is written"
	}
	if len(f.paused) > 0 {
		text += ", " + list(slices.Sorted(maps.Keys(f.paused))) + " paused"
	}
	if (f.state == gateway.StateOK || f.state == gateway.StatePolling) && f.lag > 0 {
		text += ", " + duration(f.lag) + " behind"
	}
	pieces := []views.Piece{{Text: text + ", "}}
	switch {
	case f.parked > 0:
		pieces = append(pieces, views.Piece{Text: count(f.parked, "write needs you", "writes need you"), URL: "/sync/log?state=" + string(gateway.LogNeedsYou)})
	case len(f.broken) == 0 && f.unread == 0:
		pieces = append(pieces, views.Piece{Text: "0 problems"})
	}
	if f.unread > 0 {
		if f.parked > 0 {
			pieces = append(pieces, views.Piece{Text: ", "})
		}
		pieces = append(pieces, views.Piece{
			Text: count(f.unread, "change could not be read and was made up for", "changes could not be read and were made up for"),
			URL:  "/sync/log?direction=system&state=" + string(gateway.LogSkipped),
		})
	}
	if n := len(f.broken); n > 0 {
		if f.parked+f.unread > 0 {
			pieces = append(pieces, views.Piece{Text: ", "})
		}
		pieces = append(pieces, views.Piece{
			Text: count(n, "field mapping is suspended", "field mappings are suspended"), URL: f.mend,
		})
	}
	pieces = append(pieces, f.proofPieces(f.now)...)
	if f.conn.APIMax > 0 {
		pieces = append(pieces, views.Piece{Text: fmt.Sprintf(", %d %% of today’s API budget", f.conn.APIUsed*100/f.conn.APIMax)})
	}
	return pieces
}

func (f healthFacts) detail(k clock) string {
	parts := []string{f.conn.StateReason}
	if k.now.Sub(f.conn.ConnectedAt) < reconnectNews {
		parts = append(parts, continuity.Reconnected(f.signed, f.conn.ConnectedAt))
	}
	if f.conn.Transport != "" && f.state != gateway.StateDisconnected {
		parts = append(parts, listening(f.conn.Transport, f.conn.TransportWhy))
	}
	if f.waiting > 0 {
		parts = append(parts, count(f.waiting, "edit waits", "edits wait")+" for Salesforce.")
	}
	return joinSentences(append(parts, "Checked "+k.now.Format("15:04:05")+"; this page follows by itself.")...)
}

// listening says by which way changes come in, and why by that one; polling is
// explained by the connection's state.
func listening(transport, why string) string {
	name := transport
	switch transport {
	case "polling":
		return ""
	case "pubsub":
		name = "the Pub/Sub API"
	}
	if why != "" {
		why = ", because " + why
	}
	return "Listening by " + name + why + "."
}

func (v *visit) healthObjects(f healthFacts) []views.HealthObject {
	clk := v.clock()
	out := make([]views.HealthObject, 0, len(f.objects))
	for _, o := range f.objects {
		row := views.HealthObject{
			Kind: squareOf(o.Object), Name: o.Object, State: views.StateChip(string(objectState(f, o))),
			Transport: "Stream", LastEvent: clk.ago(o.LastEvent), RowsHere: number(o.RowsHere),
			Pending: number(f.pending[o.Object].Waiting), Parked: views.Piece{Text: number(f.pending[o.Object].Parked)},
			Proof: "—", ProofDetail: "not compared yet",
		}
		if o.Transport == "poll" {
			row.Transport, row.Polled, row.Why = "Poll", true, o.Reason
		}
		if o.Lag > 0 {
			row.Lag = "lag " + duration(o.Lag)
		}
		rowsThere(&row, o, f.loads[o.Object], f.proofs[o.Object].Last, clk)
		proofWords(&row, f.proofs[o.Object], clk)
		row.Action, row.Pause = v.proveAction(f, o.Object), v.pauseAction(f, o.Object)
		if p, paused := f.paused[o.Object]; paused {
			row.Action, row.Why = views.Action{}, v.pausedWords(p)
		}
		if n := f.pending[o.Object].Parked; n > 0 {
			row.Parked = views.Piece{Text: count(n, "needs you", "need you"), URL: "/sync/log?state=needs_you&object=" + o.Object}
		}
		out = append(out, row)
	}
	return out
}

// objectState is the connection's state where that says more than the
// object's own.
func objectState(f healthFacts, o gateway.ObjectStatus) gateway.ConnectionState {
	switch {
	case f.paused[o.Object].Object != "":
		return gateway.StatePaused
	case f.repairs(o.Object):
		return gateway.StateRepairing
	case f.state == gateway.StatePolling, f.state == gateway.StateRepairing: // it may concern others only
	case f.state != gateway.StateOK && f.state != gateway.StateCatchingUp:
		return f.state
	}
	switch {
	case f.loads[o.Object].Open():
		return gateway.StateCatchingUp
	case o.State == "":
		return gateway.StateOK
	}
	return o.State
}

// repairs reports whether a gap in the object is under repair.
func (f healthFacts) repairs(object string) bool {
	for _, h := range f.holes {
		for _, p := range h.Objects {
			if p.Object == object && (p.State == gateway.HoleRepairing || p.State == gateway.HoleFailed) {
				return true
			}
		}
	}
	return false
}

// rowsThere sets the count in Salesforce beside ours. Ours moves on with the
// stream after the count was taken, so only counts are compared that were
// equal in time; otherwise the age of the count is said.
func rowsThere(row *views.HealthObject, o gateway.ObjectStatus, load gateway.Backfill, p gateway.Proof, k clock) {
	there, at := lastCount(o, p)
	switch {
	case load.Open() && load.Total > 0:
		row.RowsThere = "of " + number(load.Total) + " in Salesforce"
	case there < 0:
		row.RowsThere = "not counted yet"
	case there == o.RowsHere:
		row.RowsThere = "same in Salesforce"
		row.Proof, row.ProofDetail = "Same count, "+k.at(at).Text, "rows counted"
	case at.Equal(p.BegunAt) && p.Settled():
		row.RowsThere = number(there) + " in both at " + k.at(at).Text
	default:
		row.RowsThere = number(there) + " in Salesforce"
		row.Proof, row.ProofDetail = "Counted "+k.at(at).Text, "changes since then count too"
	}
}

// lastCount is the newest count of the object's rows in Salesforce and its
// moment: of the load, or of a whole proof since. -1: never counted.
func lastCount(o gateway.ObjectStatus, p gateway.Proof) (rows int, at time.Time) {
	switch {
	case !p.AsOf.IsZero() && p.Whole() && p.BegunAt.After(o.CountedAt):
		return p.RowsThere, p.BegunAt
	case o.CountedAt.IsZero():
		return -1, time.Time{}
	}
	return o.RowsThere, o.CountedAt
}

// setPause stops or resumes the flow between the two systems.
func setPause(paused bool) func(*visit) error {
	return func(v *visit) error {
		if err := v.s.Org.Pause(v.UserContext(), v.member.Workspace, paused); err != nil {
			return err
		}
		word := "resumed"
		if paused {
			word = "paused"
		}
		v.s.audit(v, word+" the connection", "")
		return v.Redirect("/?saved="+word, fiber.StatusSeeOther)
	}
}
