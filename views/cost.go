package views

// CostPage shows what objects, mapped fields and rules cost in calls and events.
type CostPage struct {
	Shell  Shell
	Head   Head
	Notice Notice
	Tables []CostTable
}

// CostTable is one table of it, with how its numbers are reckoned.
type CostTable struct {
	ID, Title, Text string
	List            ListPage // its filter, columns and rows, or what stands instead
}
