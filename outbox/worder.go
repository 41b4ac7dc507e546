package outbox

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/summary"
	"tidegate/rules/topic"
)

// Wordsmith asks a language model one question. Its errors are gateway.Errors:
// CodeUnauthorized where the key is refused, with RetryAfter where the other
// side asks for it.
type Wordsmith interface {
	Word(ctx context.Context, system, user string) (answer string, err error)
}

// The pace of a worder.
const (
	wordFor     = 45 * time.Second // one question
	wordAgain   = 10 * time.Minute // after an answer of which nothing could be kept
	wordWaiting = 64               // deals that wait for their turn; further ones ask again when they are looked at
)

type wantedDeal struct {
	ws   gateway.WorkspaceID
	deal gateway.RecordKey
}

// Worder lets a language model word the summaries of deals that somebody looks
// at, in the background, one question at a time. What is written to Salesforce
// never comes from it: plans are functions of what was noted, so that a preview
// says what then happens.
type Worder struct {
	// Host and Model say to people where notes go.
	Host, Model string

	o     *Outbox
	smith Wordsmith
	queue chan wantedDeal
	mu    sync.Mutex
	in    map[wantedDeal]bool // in the queue or under way
	pace  summary.Pace        // Run's
}

// Worder returns the worder of this outbox; run one for each process.
func (o *Outbox) Worder(smith Wordsmith, host, model string) *Worder {
	return &Worder{Host: host, Model: model, o: o, smith: smith, queue: make(chan wantedDeal, wordWaiting), in: map[wantedDeal]bool{}}
}

// Want has the topics of a deal worded soon, unless they are as they were. It
// does not wait.
func (r *Worder) Want(ws gateway.WorkspaceID, deal gateway.RecordKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := wantedDeal{ws, deal}
	if r.in[wanted] {
		return
	}
	select {
	case r.queue <- wanted:
		r.in[wanted] = true
	default:
	}
}

// Run works until ctx ends. What waits then is asked for again by whoever looks
// at the deal.
func (r *Worder) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case next := <-r.queue:
			if err := r.deal(ctx, next); err != nil && ctx.Err() == nil {
				r.o.opts.Logger.WarnContext(ctx, "wording the topics of a deal failed; the extracted sentences stay", "error", err)
			}
			r.mu.Lock()
			delete(r.in, next)
			r.mu.Unlock()
		}
	}
}

// deal asks about each topic of a deal that may be summarized and whose notes
// are others than those asked about before.
func (r *Worder) deal(ctx context.Context, next wantedDeal) error {
	w := r.o.db.In(next.ws)
	in, err := r.o.inForce(ctx, next.ws)
	if err != nil || !in.Advanced.SummarizeTopics {
		return err
	}
	topics, err := w.Topics(ctx)
	if err != nil {
		return err
	}
	notes, err := DealNotes(ctx, w, next.deal)
	if err != nil {
		return err
	}
	before, err := w.Wordings(ctx, next.deal)
	if err != nil {
		return err
	}
	asked := false
	for _, t := range topics {
		if ok, _ := topic.Summarized(t, true); !ok || t.Archived {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(notes), func(n summary.Note) bool { return n.Topic != t.Slug })
		g, due := r.due(t, of, before[t.Slug])
		if !due {
			continue
		}
		g.Deal, asked = next.deal.ID, true
		if g = r.ask(ctx, g, summary.Ask(t.Name, of)); ctx.Err() != nil {
			return nil
		}
		if err := w.SaveWording(ctx, g); err != nil {
			return err
		}
	}
	if asked {
		r.o.opts.Announce(ctx, next.ws, []gateway.RecordKey{next.deal})
	}
	return nil
}

// due reports whether a topic is to be asked about, and begins its wording.
func (r *Worder) due(t gateway.Topic, notes []summary.Note, before gateway.Wording) (gateway.Wording, bool) {
	g := gateway.Wording{Topic: t.Slug, Of: summary.Of(r.Model, t.Name, notes), Model: r.Model}
	same := before.Of == g.Of && (before.Problem == "" || r.o.opts.Now().Before(before.DueAt))
	return g, summary.Ask(t.Name, notes).Worth() && !same
}

// ask fills a wording, or says why it has no lines.
func (r *Worder) ask(ctx context.Context, g gateway.Wording, q summary.Question) gateway.Wording {
	if now := r.o.opts.Now(); now.Before(r.pace.Until) {
		g.Problem, g.DueAt = "The language model did not answer before, and is left alone for a while.", r.pace.Until
		return g
	}
	ctx, stop := context.WithTimeout(ctx, wordFor)
	defer stop()
	answer, err := r.smith.Word(ctx, q.System, q.User)
	now := r.o.opts.Now()
	if err != nil {
		e := failure(err)
		r.pace = r.pace.After(e, now)
		g.Problem, g.DueAt = e.Message, later(r.pace.Until, now.Add(time.Minute))
		r.o.opts.Metrics.worded("failed")
		r.o.opts.Logger.WarnContext(ctx, "the language model did not answer", slog.String("code", string(e.Code)), slog.Int("status", e.Status))
		return g
	}
	r.pace = r.pace.After(nil, now)
	lines, dropped := q.Take(answer)
	for _, l := range lines {
		g.Lines = append(g.Lines, worded(l))
	}
	switch {
	case len(lines) == 0:
		g.Problem, g.DueAt = "No sentence of the language model's answer named what it rests on.", now.Add(wordAgain)
		r.o.opts.Metrics.worded("unproven")
	case dropped > 0:
		r.o.opts.Metrics.worded("in part")
	default:
		r.o.opts.Metrics.worded("kept")
	}
	return g
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func worded(l summary.Line) gateway.WordedLine {
	out := gateway.WordedLine{Text: l.Text}
	for _, s := range l.Sources {
		out.Sources = append(out.Sources, gateway.WordedSource{Kind: s.Kind, ID: s.ID, Title: s.Title, At: s.At})
	}
	return out
}

// WordedLines are the lines of a wording as a summary has them.
func WordedLines(g gateway.Wording) []summary.Line {
	out := make([]summary.Line, len(g.Lines))
	for i, l := range g.Lines {
		out[i].Text = l.Text
		for _, s := range l.Sources {
			out[i].Sources = append(out[i].Sources, summary.Source{Kind: s.Kind, ID: s.ID, Title: s.Title, At: s.At})
		}
	}
	return out
}
