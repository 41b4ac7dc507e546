package handlers

import (
	"cmp"
	"slices"

	"tidegate/gateway"
	"tidegate/views"
)

// readinessWords name the ranks of a check.
var readinessWords = [...]string{"failed", "with a limit", "passed"}

// rank orders the checks by how much they need somebody: 0 failed, 1 works with
// a limit, 2 passed.
func (c Check) rank() int {
	switch {
	case !c.Pass:
		return 0
	case c.Warn:
		return 1
	}
	return 2
}

// link leads to the very page on which the clicks of a check begin (UX 4).
func (c Check) link(conn gateway.Connection) views.Link {
	// What leads to the page in Setup's menu, and is none.
	folders := []string{"Setup", "Tidegate", "Integrations", "Users", "Salesforce settings"}
	i := slices.IndexFunc(c.Setup, func(click string) bool { return !slices.Contains(folders, click) })
	switch {
	case i < 0:
		return views.Link{}
	case c.Page != "":
		return views.Link{Text: "Open " + c.Setup[i], URL: c.Page}
	case c.SetupPath == "" || conn.InstanceURL == "":
		return views.Link{}
	}
	return views.Link{Text: "Open " + c.Setup[i] + " in Salesforce", URL: conn.InstanceURL + c.SetupPath, External: true}
}

// readiness runs the checks live: the page is opened to see them.
func (v *visit) readiness(c gateway.Connection) (*views.Readiness, error) {
	report, err := v.s.Org.Check(v.UserContext(), v.member.Workspace)
	if err != nil {
		e, ok := gatewayError(err)
		if !ok {
			return nil, err
		}
		return &views.Readiness{Lead: "The test could not be run.", Empty: views.Empty{Icon: views.IconWarning, Title: "Salesforce did not answer", Text: e.Message}}, nil
	}
	r := &views.Readiness{Lead: "Tested " + v.clock().at(report.At).Text + "; took " + duration(report.Took) + ". What needs you comes first."}
	counts := [3]int{}
	sorted := slices.Clone(report.Checks)
	slices.SortStableFunc(sorted, func(a, b Check) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, check := range sorted {
		counts[check.rank()]++
		line := views.Check{Title: check.Title, Text: check.Text, Pass: check.Pass, Warn: check.Warn}
		if !check.Pass || check.Warn {
			line.Setup = check.Setup
		}
		if line.Setup != nil {
			line.SetupLink = check.link(c)
		}
		r.Checks = append(r.Checks, line)
	}
	for i, word := range [...]*string{&r.Failed, &r.Limited, &r.Passed} {
		if counts[i] > 0 {
			*word = count(counts[i], readinessWords[i], readinessWords[i])
		}
	}
	return r, nil
}
