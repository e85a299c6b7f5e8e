package route

// Instance is what an instance says of itself. An empty field is not known: no condition on it
// holds, and a template with it is an error.
type Instance struct {
	// Namespace is the namespace, or environment, that the instance is in.
	Namespace string
	// Service is the name of the service.
	Service string
	// Version is the version of the service: "v2.3.1", "2.3.1-rc.1" or "2.3".
	Version string
	// Profile is the profile, such as "prod".
	Profile string
	// ID identifies the instance among those of its service. Percentages are drawn by it, so it
	// should outlive a restart.
	ID string
	// Labels are further properties, such as the zone.
	Labels map[string]string
}

// Document is one document of a [Set].
type Document struct {
	// Namespace and Group are empty if they are those of the routing document.
	Namespace, Group string
	DataID           string
	// Format is empty if the extension of the data ID decides.
	Format string
	// Optional says that the instance does without the document if it does not exist.
	Optional bool
	// AllowUnknown says that the document may have keys that the service does not know.
	AllowUnknown bool
	// Reason says why the instance has the document: "rule 2 (canary): service orders, 10 %", or
	// "common to all rules".
	Reason string
	// Line is that of the document in the routing document.
	Line int
}

// Set is the documents of an instance.
type Set struct {
	// Rule is the number of the rule that matches, from 1.
	Rule int
	// Reason names the rule and its conditions: "rule 2 (canary): service orders, 10 %".
	Reason string
	// Misses says of each earlier rule why it does not match: "rule 1 (next): version is v2.2.0".
	Misses []string
	// Documents are in the order of precedence, lowest first. No two are the same document.
	Documents []Document
}
