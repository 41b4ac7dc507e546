package views

// WebhooksPage is /settings/webhooks: the list, and a form that makes one.
type WebhooksPage struct {
	List   ListPage
	Notice Notice // with a zero value nothing is drawn
	Create *SmallForm
}

// Once is a text that is shown a single time.
type Once struct {
	Title, Text, Value string
}

// WebhookPage is one webhook: its secret right after it was drawn, what to do
// in Salesforce, and what came.
type WebhookPage struct {
	Shell  Shell
	Head   Head
	Notice Notice
	// Secret is nil unless it was drawn for this very answer.
	Secret *Once
	Facts  []Fact
	// Retire ends the time in which the old secret is accepted too.
	Retire     *Action
	Recipe     Recipe
	Deliveries ListPage
	// DeliveriesText says what is listed; "" for what came from Salesforce.
	DeliveriesText string
}

// Recipe is a list of steps in Salesforce's Setup.
type Recipe struct {
	Title, Text string
	Steps       []RecipeStep
}

// RecipeStep is one step; Code is what to paste there, "" where nothing is.
type RecipeStep struct {
	Text, Code string
}
