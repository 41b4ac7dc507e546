package seed

import (
	"runtime"
	"testing"

	"tidegate/simulator/org"
)

// BenchmarkFill measures the time and the memory that one contact takes.
func BenchmarkFill(b *testing.B) {
	o := org.New(org.Config{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	if err := Fill(o, 1, Sizes{Accounts: b.N/10 + 1, Contacts: b.N}); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "B-held/op")
	runtime.KeepAlive(o)
}
