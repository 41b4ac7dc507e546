package views

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// part is templ.Fragment for a block whose components take children themselves.
// templ leaves the block in the context as "the children", so a component inside
// that is given none would draw the whole block again in its place.
func part(id string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		block := templ.GetChildren(ctx)
		alone := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return block.Render(templ.ClearChildren(ctx), w)
		})
		return templ.Fragment(id).Render(templ.WithChildren(ctx, alone), w)
	})
}
