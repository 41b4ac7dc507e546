package rest

import (
	"errors"
	"net/http"
	"strings"

	"tidegate/simulator/org"
)

const (
	maxGraphs = 75
	maxNodes  = 500
)

// graphIn is one graph of a composite graph call.
type graphIn struct {
	ID    string `json:"graphId"`
	Parts []part `json:"compositeRequest"`
}

type graphOut struct {
	ID         string         `json:"graphId"`
	Response   map[string]any `json:"graphResponse"`
	Successful bool           `json:"isSuccessful"`
}

// graph runs up to 75 graphs; each is written whole or not at all, whatever
// becomes of the others.
func (c *call) graph() error {
	var in struct {
		Graphs []graphIn `json:"graphs"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	if err := checkGraphs(in.Graphs); err != nil {
		return err
	}
	out := make([]graphOut, len(in.Graphs))
	for i, g := range in.Graphs {
		answers, ok, err := c.atomic(g.Parts)
		if err != nil {
			return err
		}
		out[i] = graphOut{g.ID, map[string]any{"compositeResponse": answers}, ok}
	}
	c.json(http.StatusOK, map[string]any{"graphs": out})
	return nil
}

func checkGraphs(graphs []graphIn) error {
	if len(graphs) == 0 || len(graphs) > maxGraphs {
		return org.Refuse("LIMIT_EXCEEDED", "The request must have between 1 and 75 graphs")
	}
	nodes, seen := 0, map[string]bool{}
	for _, g := range graphs {
		nodes += len(g.Parts)
		if g.ID == "" || seen[g.ID] || len(g.Parts) == 0 {
			return org.Refuse("INVALID_INPUT", "Every graph needs its own graphId and at least one node")
		}
		seen[g.ID] = true
		refs := map[string]bool{}
		for _, p := range g.Parts {
			if !refForm.MatchString(p.Ref) || refs[p.Ref] {
				return org.Refuse("JSON_PARSER_ERROR", "Invalid or duplicate referenceId: "+p.Ref)
			}
			refs[p.Ref] = true
			if !strings.Contains(p.URL, "/sobjects/") || strings.Contains(p.URL, "/composite/") {
				return org.Refuse("INVALID_URI", "The subrequest URL is not supported in a composite graph: "+p.URL)
			}
		}
	}
	if nodes > maxNodes {
		return org.Refuse("LIMIT_EXCEEDED", "The request cannot have more than 500 nodes")
	}
	return nil
}

// atomic runs the parts in one transaction; false when one failed and all was
// taken back.
func (c *call) atomic(parts []part) (answers []partAnswer, ok bool, err error) {
	_, err = c.org.Transact(c.caller, func(tx *org.Tx) error {
		c.tx = tx
		defer func() { c.tx = nil }()
		if answers, ok = c.runParts(parts, true); !ok {
			return errHalts
		}
		return nil
	})
	if errors.Is(err, errHalts) {
		err = nil
	}
	return answers, ok, err
}
