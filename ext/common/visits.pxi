# The order in which both samplers visit the weights.


def visits(glass):
    """Weights by degree, then index: groups of equal degree, and the paths of the weights in visiting order."""
    degrees = np.asarray(glass.degrees, dtype=np.int32)
    visit = np.argsort(degrees, kind="stable").astype(np.int32)
    present, first = np.unique(degrees[visit], return_index=True)
    group_first = np.append(first, len(visit)).astype(np.int64)
    group_links = np.concatenate([[0], np.cumsum(np.diff(group_first) * present)]).astype(np.int64)
    by_weight = np.argsort(glass.paths.ravel(), kind="stable") // glass.p
    start = np.concatenate([[0], np.cumsum(degrees, dtype=np.int64)])
    position = np.empty(len(visit), dtype=np.int64)
    position[visit] = np.concatenate([[0], np.cumsum(degrees[visit], dtype=np.int64)])[:-1]
    links = np.zeros(max(1, len(by_weight)), dtype=np.int32)
    links[np.arange(len(by_weight)) + np.repeat(position - start[:-1], degrees)] = by_weight
    return visit, group_first, present.astype(np.int32), group_links, links
