package gateway

// WorkspaceID names one tenant. Every stored row begins with it.
type WorkspaceID string

// RecordKey names one Salesforce record: its sObject API name and its
// 18-character id.
type RecordKey struct {
	Object string
	ID     string
}

const checksumAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// NormalizeID returns the 18-character form of a 15- or 18-character
// Salesforce id and whether it is one. An 18-character id with a wrong
// checksum is refused: somebody changed its case, and it could name another
// record. Source: "Salesforce ID Length", REST API Developer Guide.
func NormalizeID(id string) (string, bool) {
	if len(id) != 15 && len(id) != 18 {
		return "", false
	}
	for i := range len(id) {
		if !isAlphanumeric(id[i]) {
			return "", false
		}
	}
	full := id[:15] + checksum(id[:15])
	return full, len(id) == 15 || full == id
}

func checksum(id15 string) string {
	var sum [3]byte
	for group := range 3 {
		bits := 0
		for j := range 5 {
			if c := id15[group*5+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		sum[group] = checksumAlphabet[bits]
	}
	return string(sum[:])
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
