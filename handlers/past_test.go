package handlers

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// lived gives the contact of a workspace two changes: one by a user through
// Salesforce's pages, then the echo of one of ours.
func (w *world) lived(id gateway.WorkspaceID) (first time.Time) {
	w.t.Helper()
	first = w.clock.now().Add(-time.Hour).Truncate(time.Second).UTC()
	change := func(at time.Time, n int64, was, is, lmd string) gateway.HistoryEntry {
		return gateway.HistoryEntry{
			Key: contactOf(id), Type: gateway.Update, Outcome: gateway.OutcomeApplied, Reason: "Changed in Salesforce.", User: userOf,
			Version: gateway.Version{CommitAt: at.UnixMilli(), CommitNumber: n, Sequence: 1},
			Fields:  gateway.Fields{"Title": gateway.Text(is), "LastModifiedDate": gateway.Text(at.Format(momentLayout))},
			Before:  gateway.Fields{"Title": gateway.Text(was), "LastModifiedDate": gateway.Text(lmd)}, Label: "Ann Example",
		}
	}
	seen := first.Add(-24 * time.Hour)
	one := change(first, 1, "Clerk", "Buyer", seen.Format(momentLayout))
	one.Origin = "com/salesforce/api/soap/61.0;client=SfdcInternalAPI/"
	two := change(first.Add(30*time.Minute), 2, "Buyer", "Head Buyer", first.Format(momentLayout))
	two.Origin, two.Outcome = "com/salesforce/api/rest/61.0;client=tidegate", gateway.OutcomeConfirmed
	r := record(contactOf(id), gateway.Fields{
		"FirstName": gateway.Text("Ann"), "LastName": gateway.Text("Example"), "Title": gateway.Text("Head Buyer"),
		"LastModifiedDate": two.Fields["LastModifiedDate"], "CreatedDate": gateway.Text(seen.Add(-time.Hour).Format(momentLayout)),
	})
	r.Version = two.Version
	user := record(gateway.RecordKey{Object: "User", ID: userOf}, gateway.Fields{"Name": gateway.Text("Jonah Pryce")})
	must(w.t, w.db.In(id).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveRecords(ctx, []gateway.Record{r, user}); err != nil {
			return err
		}
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{one, two})
	}))
	return first
}

const userOf = "005000000000001AAA"

func asOf(at time.Time) string { return "?as_of=" + url.QueryEscape(at.Format(momentLayout)) }

func TestRecordIsReadAsOfAMoment(t *testing.T) {
	w := newWorld(t)
	first := w.lived(home)
	b := w.as(home, gateway.RoleRep)
	page := b.get(annPath+asOf(first.Add(time.Minute))).want(http.StatusOK, "(read-only)", "Buyer", "Head Buyer", "Changed since", "1 field differs from now.",
		"Next change:", "Back to now", "no earlier change is known", "Jonah Pryce", "In Salesforce’s own pages.")
	if contains(page.body, "Edit Title") || contains(page.body, `method="post" action="/contacts`) {
		t.Error("what was is offered for editing")
	}
	b.get(annPath+asOf(first.Add(31*time.Minute))).want(http.StatusOK, "Nothing of it has changed since.", "Previous change:", "no later change", "Written by us.")
	b.get(annPath+asOf(first.Add(-time.Minute))).want(http.StatusOK, "Clerk", "Next change:")
	b.get(annPath+asOf(first.Add(-24*time.Hour-time.Minute))).want(http.StatusOK, "Not known before", "Show the first known state")
	b.get(annPath+asOf(first.Add(-48*time.Hour))).want(http.StatusOK, "It did not exist yet")
	b.get(annPath+"?as_of="+first.Add(time.Minute).Format("2006-01-02T15:04")).want(http.StatusOK, "Buyer")
	b.get(annPath+"?as_of=yesterday").want(http.StatusUnprocessableEntity, "“yesterday” is not a moment.")
	b.get(annPath+"?as_of=2999-01-01T00:00").want(http.StatusOK, "Nothing of it has changed since.")
	w.as(foreign, gateway.RoleRep).get(annPath + asOf(first)).want(http.StatusNotFound)
}

func TestTimelineTellsWhoChangedWhatAndThroughWhat(t *testing.T) {
	w := newWorld(t)
	w.lived(home)
	page := w.as(home, gateway.RoleRep).get(annPath).want(http.StatusOK, "Changed Title", "Title: Clerk → Buyer.", "By Jonah Pryce.", "In Salesforce’s own pages.",
		"Echo of our own write", "Written by us.", "As it was then", "As it was before", "All changes that were observed")
	if !contains(page.body, "?as_of=") {
		t.Error("no way to the record as it was")
	}
	if here := w.as(home, gateway.RoleRep).get(annPath + "?from=here"); contains(here.words(), "Clerk") {
		t.Error("what Salesforce told is not from here")
	}
}

func TestDeletedMomentsAreSaid(t *testing.T) {
	w := newWorld(t)
	first := w.lived(home)
	gone := gateway.HistoryEntry{
		Key: contactOf(home), Type: gateway.Delete, Outcome: gateway.OutcomeDeleted, Reason: "The record was deleted in Salesforce.", At: first.Add(40 * time.Minute),
		Version: gateway.Version{CommitAt: first.Add(40 * time.Minute).UnixMilli(), CommitNumber: 3, Sequence: 1}, Label: "Ann Example",
	}
	back := gone
	back.Type, back.Outcome, back.Version.CommitNumber, back.Version.CommitAt = gateway.Undelete, gateway.OutcomeRestored, 4, first.Add(50*time.Minute).UnixMilli()
	back.Fields = gateway.Fields{"LastName": gateway.Text("Example"), "Title": gateway.Text("Head Buyer")}
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{gone, back})
	}))
	b := w.as(home, gateway.RoleRep)
	b.get(annPath).want(http.StatusOK, "Deleted", "Restored")
	b.get(annPath+asOf(first.Add(45*time.Minute))).want(http.StatusOK, "It was deleted in Salesforce at this moment; these are its last values.", "Head Buyer")
	if page := b.get(annPath + asOf(first.Add(35*time.Minute))); contains(page.body, "It was deleted") {
		t.Error("deleted too early")
	}
}

func TestAPIReadsARecordAsOfAMoment(t *testing.T) {
	w := newWorld(t)
	first := w.lived(home)
	text, _ := w.apiKey(home, "read")
	var got apiPast
	path := "/api/v1/records/Contact/" + contactOf(home).ID
	w.product(text).get(path + asOf(first.Add(time.Minute))).want(http.StatusOK).decode(&got)
	if got.Known != "yes" || got.Fields["Title"].String() != "Buyer" || len(got.Changed) != 1 || got.Changed[0] != "Title" || got.Next == nil || got.Previous != nil {
		t.Errorf("%+v", got)
	}
	w.product(text).get(path+asOf(first.Add(-25*time.Hour))).want(http.StatusOK, `"known":"not known before"`, `"fields":{}`)
	w.product(text).get(path+"?as_of=never").wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "as_of")
}

func TestCalculatedFieldsSayHowOldTheyMayBeF44(t *testing.T) {
	w := newWorld(t)
	w.server.ProveEvery = 24 * time.Hour
	in := w.db.In(home)
	s, err := in.Schema(t.Context(), "Contact")
	must(t, err)
	s.Fields = append(s.Fields, gateway.Field{Name: "Score__c", Label: "Score", Type: gateway.TypeDouble, Calculated: true})
	must(t, in.SaveSchemas(t.Context(), []gateway.Schema{s}))
	must(t, in.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Score__c", Imported: true}))
	b := w.as(home, gateway.RoleRep)
	b.get(annPath).want(http.StatusOK, "Changes in Salesforce without telling; read again when the record changes and at least every 24 h.")
	w.proved(gateway.Proof{Object: "Contact", Covered: 1, BegunAt: w.clock.now(), AsOf: w.clock.now()})
	b.get(annPath).want(http.StatusOK, "at least every 24 h, last ")
}
