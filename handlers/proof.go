package handlers

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

// provedLately is how long a proof that repaired something is news on top of
// the health page.
const provedLately = 24 * time.Hour

// proofs returns where the comparison of each object stands, by object.
func (v *visit) proofs() (map[string]gateway.ProofStatus, error) {
	all, err := v.ws.Proofs(v.UserContext())
	out := make(map[string]gateway.ProofStatus, len(all))
	for _, s := range all {
		out[s.Object] = s
	}
	return out, err
}

// proofWords puts the proof of an object into its row: when it was equal, how
// much was looked at, and what was repaired.
func proofWords(row *views.HealthObject, s gateway.ProofStatus, k clock) {
	last := s.Last
	switch {
	case !last.AsOf.IsZero() && last.Settled():
		row.Proof = "Equal as of " + k.at(last.AsOf).Text
		row.ProofDetail = covered(last)
	case !last.AsOf.IsZero():
		row.Proof = count(last.Open(), "record differs", "records differ") + ", " + k.at(last.AsOf).Text
		row.ProofDetail, row.Unequal = covered(last), true
	case s.Problem != "":
		row.Proof, row.ProofDetail = "Not compared", s.Problem
	}
	if last.Repaired > 0 {
		row.ProofLink = views.Link{Text: number(last.Repaired) + " repaired", URL: repairsURL(last)}
	}
	if under := proving(s); under != "" {
		row.ProofDetail = under
	}
}

// covered says truthfully how much equality was shown: values that change
// without an event are equal only as of the moment in which they were read, and
// count as not covered.
func covered(p gateway.Proof) string {
	return fmt.Sprintf("%d %% covered", int(100*p.Proven()))
}

// proving is about a cycle that a person waits for.
func proving(s gateway.ProofStatus) string {
	switch {
	case s.RequestedAt.IsZero() && !s.Last.AsOf.IsZero(), s.RequestedAt.IsZero() && s.Running.BegunAt.IsZero():
		return ""
	case s.Problem != "":
		return s.Problem
	case s.Running.BegunAt.Before(s.RequestedAt):
		return "will be compared next"
	}
	return fmt.Sprintf("being compared, %d %% so far", int(100*s.Running.Progress()))
}

// repairsURL lists the lines that tell of proofs in which something differed.
func repairsURL(p gateway.Proof) string {
	return "/sync/log?direction=system&object=" + p.Object
}

// proofPieces is what a recent proof adds to the sentence on top.
func (f healthFacts) proofPieces(now time.Time) []views.Piece {
	var out []views.Piece
	for _, object := range f.mirrors {
		last := f.proofs[object].Last
		if last.Records == 0 || now.Sub(last.AsOf) > provedLately {
			continue
		}
		text := count(last.Records, "record of ", "records of ") + object
		if last.Settled() {
			text += " differed and " + wasOrWere(last.Records) + " repaired"
		} else {
			text += " differ from Salesforce"
		}
		out = append(out, views.Piece{Text: ", "}, views.Piece{Text: text, URL: repairsURL(last)})
	}
	return out
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// proveAction lets an admin ask for a proof of one object now.
func (v *visit) proveAction(f healthFacts, object string) views.Action {
	if !v.admin() || f.conn.ID == "" || f.loads[object].State != "done" {
		return views.Action{}
	}
	return views.Action{Text: "Prove now", About: ": compare " + object + " with Salesforce", URL: "/proofs/" + object, Post: true, Style: views.Quiet}
}

// proveNow asks for a proof; pressed twice it is one.
func proveNow(v *visit) error {
	object := v.Params("object")
	if err := mustMirror(v.UserContext(), v.ws, object); err != nil {
		return err
	}
	began, err := v.s.Org.ProveNow(v.UserContext(), v.member.Workspace, object)
	if err != nil {
		return err
	}
	if began {
		v.s.audit(v, "asked for a proof", object)
	}
	return v.Redirect("/?saved=proving", fiber.StatusSeeOther)
}

// apiProof is the proof of one object as the API shows it, nil before the
// first.
func apiProof(s gateway.ProofStatus) any {
	if s.Last.AsOf.IsZero() {
		return nil
	}
	p := s.Last
	return fiber.Map{
		"equal": p.Settled(), "as_of": p.AsOf.UTC(), "begun_at": p.BegunAt.UTC(), "covered": p.Proven(),
		"rows_here": p.RowsHere, "rows_in_salesforce": p.RowsThere, "records_differing": p.Records, "records_repaired": p.Repaired,
		"fields": p.Fields, "fields_summed": p.Summed, "fields_sampled": p.Sampled, "calls": p.Calls,
	}
}
