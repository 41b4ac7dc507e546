package views

// DealTopics is what was noted under topics in all that belongs to a deal.
type DealTopics struct {
	// Lead says whether it is summarized, and by which setting.
	Lead   string
	Link   Link
	Topics []DealTopic
}

// DealTopic is one topic: summarized, or listed per conversation.
type DealTopic struct {
	Name string
	// Why says why it is listed or summarized.
	Why   string
	Lines []DealLine
	More  string // "and 3 more"
}

// DealLine is one sentence with where it was said.
type DealLine struct {
	Text    string
	Sources []DealSource
}

// DealSource is one conversation.
type DealSource struct {
	Text, URL string
	When      Time
}
