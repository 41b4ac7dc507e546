package handlers

import (
	"strconv"

	"tidegate/gateway"
	"tidegate/views"
)

const (
	auditPath = "/audit"
	auditSize = 100 // lines of a page
)

// auditLog lists what people did here, newest first, and compares it with its
// chain when asked to (S-56).
func auditLog(v *visit) error {
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64) // no number is no token: the first page
	entries, err := v.ws.AuditLog(v.UserContext(), before, auditSize+1)
	if err != nil {
		return err
	}
	older := ""
	if len(entries) > auditSize {
		entries = entries[:auditSize]
		older = withQuery(v.Ctx, map[string]string{"before": strconv.FormatInt(entries[auditSize-1].ID, 10)})
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "Audit", views.NavSettings), Caption: "Audit",
		Head: views.Head{
			Title: "Audit", Lead: "Who changed what in this workspace, and what was refused, newest first.",
			Actions: []views.Action{{Text: "Check that it is whole", URL: auditPath + "?check=1", Icon: views.IconShield}},
		},
		Columns: []views.Column{{Text: "When"}, {Text: "Who"}, {Text: "What"}, {Text: "Where"}},
		Pager:   views.Pager{OlderURL: older},
		Empty:   views.Empty{Icon: views.IconInfo, Title: "Nothing yet", Text: "Every change of a setting, a member or the connection will appear here."},
	}
	if v.Query("check") != "" {
		found, err := v.ws.CheckAudit(v.UserContext())
		if err != nil {
			return err
		}
		p.Shell.Notices = append(p.Shell.Notices, v.auditNotices(found)...)
	}
	for _, e := range entries {
		p.Rows = append(p.Rows, views.Row{Cells: []views.Cell{{Time: v.clock().full(e.At)}, {Text: e.By}, {Text: e.What, Second: auditWords(e)}, {Text: e.Target, Mono: true}}})
	}
	return answer(v.Ctx, views.List(p))
}

// auditNotices tell what comparing the log with its chain found: one line, or
// one for each place.
func (v *visit) auditNotices(c gateway.AuditCheck) []views.Notice {
	if c.Holds() {
		text := count(int(c.Acts), "act is", "acts are") + " as they were written."
		if c.Older > 0 {
			text += " " + count(int(c.Older), "older one is", "older ones are") + " from before each act was sealed, and unchanged since."
		}
		if c.End != "" {
			text += " Note this end outside of Tidegate, for a later check: " + c.End
		}
		return []views.Notice{{Tone: views.Good, Icon: views.IconOK, Strong: "The audit log is whole.", Text: text}}
	}
	out := []views.Notice{{
		Tone: views.Bad, Icon: views.IconWarning, Strong: "The audit log was changed in the database.",
		Text: "Compare it with a backup, and find out who can write to the database.",
	}}
	for _, b := range c.Broken {
		out = append(out, views.Notice{Tone: views.Bad, Icon: views.IconWarning, Text: v.breakWords(b)})
	}
	if c.More > 0 {
		out = append(out, views.Notice{Tone: views.Bad, Icon: views.IconWarning, Text: count(c.More, "more place is", "more places are") + " not as they were written."})
	}
	return out
}

func (v *visit) breakWords(b gateway.AuditBreak) string {
	act := "Act " + number(int(b.N))
	if !b.At.IsZero() {
		act += " of " + v.clock().full(b.At).Text
	}
	switch b.Kind {
	case gateway.AuditChanged:
		return act + " is not as it was written."
	case gateway.AuditMissing:
		return act + ", or several from it on, was removed."
	case gateway.AuditAdded:
		return act + " was not written by Tidegate."
	case gateway.AuditOlder:
		return "Among the acts from before each was sealed, one was changed, removed or added."
	case gateway.AuditEnd:
		return "The end that was noted earlier is not there."
	case gateway.AuditKey:
	}
	return "The end of the chain, or its key, was exchanged."
}
