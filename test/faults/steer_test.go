package faults

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const tabs = "/settings/salesforce/"

// asks is the form of a page that posts to path, as a browser would send it
// untouched.
func asks(t testing.TB, page, path string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	for form := range root.Descendants() {
		if form.Data != "form" || !strings.EqualFold(attribute(form, "method"), "post") || attribute(form, "action") != path {
			continue
		}
		values = url.Values{} // the last one of a review is that which saves
		for n := range form.Descendants() {
			name := attribute(n, "name")
			if name == "" || holds(n, "disabled") {
				continue
			}
			switch kind := attribute(n, "type"); {
			case n.Data == "input" && (kind != "checkbox" && kind != "radio" || holds(n, "checked")):
				values.Add(name, attribute(n, "value"))
			case n.Data == "textarea":
				values.Add(name, textOf(n))
			case n.Data == "select":
				values.Add(name, selected(n))
			}
		}
	}
	if len(values) == 0 {
		t.Fatalf("no form posts to %s: %.2000s", path, page)
	}
	return values
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func holds(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// selected is what a list sends: the chosen option, else the first.
func selected(list *html.Node) (value string) {
	first := true
	for n := range list.Descendants() {
		if n.Data == "option" && (first || holds(n, "selected")) {
			value, first = attribute(n, "value"), false
		}
	}
	return value
}

// textOf is what a person reads of a part of a page.
func textOf(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// reads is a page as a person reads it.
func (a *admin) reads(path string) string {
	a.w.t.Helper()
	return wordsOf(a.w.t, a.get(path))
}

// wordsOf are the words of a page's main part.
func wordsOf(t testing.TB, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "main" {
			return textOf(n)
		}
	}
	return textOf(root)
}

// saves changes settings as an admin does without a script: the form of the
// page, the review, and the password where the review asks for it. A name with
// no value is a box that is not ticked. It returns the review.
func (a *admin) saves(path string, change url.Values) (review string) {
	a.w.t.Helper()
	form := asks(a.w.t, a.get(path), path)
	for name, values := range change {
		delete(form, name)
		if len(values) > 0 {
			form[name] = values
		}
	}
	answer, page := a.post(path, form)
	review = wordsOf(a.w.t, page)
	if answer.StatusCode == http.StatusOK {
		form = asks(a.w.t, page, path)
		if form.Has("password") {
			form.Set("password", "a long enough password")
			form.Set("confirm", "on")
		}
		answer, _ = a.post(path, form)
	}
	if !strings.Contains(answer.Header.Get("Location"), "saved=") {
		a.w.t.Fatalf("%s was not saved: %s, %q %.3000s", path, answer.Status, answer.Header.Get("Location"), review)
	}
	return review
}

// described has the admin read an object's fields again, as after a change of
// them in Setup, and waits until these are known.
func (a *admin) described(object string, fields ...string) {
	a.w.t.Helper()
	a.post(tabs+"objects/"+object+"/describe", url.Values{})
	eventually(a.w.t, func() string {
		s, err := a.w.store().Schema(a.w.t.Context(), object)
		if err != nil {
			return err.Error()
		}
		for _, name := range fields {
			if _, known := s.Field(name); !known {
				return object + "." + name + " is not described"
			}
		}
		return ""
	})
}
