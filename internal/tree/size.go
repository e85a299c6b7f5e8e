package tree

// Size returns the number of nodes at and below n, and 0 for nil. It walks the tree.
func (n *Node) Size() int {
	if n == nil {
		return 0
	}
	size := 1
	for _, item := range n.Items {
		size += item.Size()
	}
	for i := range n.Entries {
		size += n.Entries[i].Value.Size()
	}
	return size
}
