package cometd

import (
	"bytes"
	"encoding/json"
	"time"

	"tidegate/simulator/fault"
)

// pairing is how long a lone transaction waits for a neighbor to be swapped with.
const pairing = 500 * time.Millisecond

// pair adds the next events to a batch that holds only one transaction while
// transactions are to be swapped.
func (s *Server) pair(n *session, reader *parking, batch []delivery) []delivery {
	_, due := s.cfg.Faults.Active(fault.ReorderEvents, fault.Subject{Channel: batch[0].channel})
	if !due || run(batch, 0) < len(batch) {
		return batch
	}
	patience := time.NewTimer(pairing)
	defer patience.Stop()
	for {
		arrived := s.cfg.Log.Wake()
		if more := s.take(n, reader, s.cfg.FrameEvents); len(more) > 0 {
			return append(batch, more...)
		}
		select {
		case <-arrived:
		case <-patience.C:
			return batch
		case <-s.done:
			return batch
		}
	}
}

// garble spoils events as faults ask for.
func (s *Server) garble(batch []delivery) []delivery {
	for i, d := range batch {
		g, due := s.cfg.Faults.TakeEvent(fault.GarbleEvents, fault.Subject{Channel: d.channel, Object: d.event.Object}, d.event.ReplayID)
		if !due {
			continue
		}
		was, is := `"commitTimestamp":`, `"commitTimestamp":null,"was":`
		if g.Mode == "header" {
			was, is = `"ChangeEventHeader":`, `"Header":`
		}
		spoiled := *d.event
		spoiled.Data = bytes.Replace(d.event.Data, []byte(was), []byte(is), 1)
		batch[i].event = &spoiled
	}
	return batch
}

// duplicate repeats events, each as often as its fault says.
func (s *Server) duplicate(batch []delivery) []delivery {
	var out []delivery
	for i, d := range batch {
		f, ok := s.cfg.Faults.Take(fault.DuplicateEvents, fault.Subject{Channel: d.channel, Object: d.event.Object})
		if ok && out == nil {
			out = append(out, batch[:i]...) // the first one that is repeated: start a copy
		}
		if !ok && out == nil {
			continue
		}
		times := 1
		if ok {
			times = max(f.Times, 2)
		}
		for range times {
			out = append(out, d)
		}
	}
	if out == nil {
		return batch
	}
	return out
}

// reorder swaps neighboring transactions, as runs of equal commit numbers in one
// channel. It works on its own copy: batches are never shared.
func (s *Server) reorder(batch []delivery) []delivery {
	for i := 0; i < len(batch); {
		mid := run(batch, i)
		end := run(batch, mid)
		if end == mid {
			break
		}
		if _, ok := s.cfg.Faults.Take(fault.ReorderEvents, fault.Subject{Channel: batch[i].channel}); !ok {
			break
		}
		first := append([]delivery(nil), batch[i:mid]...)
		n := copy(batch[i:], batch[mid:end])
		copy(batch[i+n:], first)
		i = end
	}
	return batch
}

// run returns the end of the transaction that starts at i.
func run(batch []delivery, i int) int {
	j := i
	for j < len(batch) && batch[j].channel == batch[i].channel && batch[j].event.Commit == batch[i].event.Commit {
		j++
	}
	return j
}

// encode appends a JSON array of replies, events, then more replies.
func encode(b []byte, before []reply, batch []delivery, after []reply) ([]byte, error) {
	b = append(b, '[')
	b, err := encodeReplies(b, before)
	if err != nil {
		return nil, err
	}
	for _, d := range batch {
		b = append(b, `{"channel":"`...)
		b = append(b, d.channel...) // a channel that was accepted has nothing to escape
		b = append(b, `","data":`...)
		b = append(b, d.event.Data...)
		b = append(b, `},`...)
	}
	if b, err = encodeReplies(b, after); err != nil {
		return nil, err
	}
	b[len(b)-1] = ']' // over the last comma
	return b, nil
}

func encodeReplies(b []byte, replies []reply) ([]byte, error) {
	for i := range replies {
		text, err := json.Marshal(&replies[i])
		if err != nil {
			return nil, err
		}
		b = append(append(b, text...), ',')
	}
	return b, nil
}
