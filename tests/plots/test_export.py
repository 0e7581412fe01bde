"""Files of all figures: their size, and that they are the same every time."""

import re

from glassnet import plots
from glassnet.analysis.transition import find_transition
from glassnet.plots import export
from glassnet.plots.captions import CAPTIONS


def test_there_is_a_figure_for_everything_the_chains_hold(drawings, synthetic, scans):
    assert list(drawings) == [
        "planted_weight",
        "binder",
        "overlap_map",
        "overlap_ridges",
        "thermodynamics",
        "exchange",
    ]
    tree = synthetic.tree(scans[0])
    assert [d.name for d in export.of_result(find_transition(tree), tree)] == ["planted_weight", "planted_ridges"]
    assert export.of_line([find_transition(tree)]) == []
    others = {"peak_weight", "planted_ridges", "phase_diagram", "critical_dilution", "complexity"}
    assert {*drawings, *others} == set(CAPTIONS)


def test_figures_are_one_column_wide_readable_and_nothing_is_cut(drawings, line, texts):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    for drawing in [*drawings.values(), *export.of_line(line)]:
        figure = drawing.figure
        FigureCanvasAgg(figure).draw()
        assert figure.get_figwidth() == 3.4
        edge = figure.bbox.padded(1)
        for text in texts(figure):
            assert text.get_fontsize() >= 7, (drawing.name, text)
        for ax in figure.axes:
            for label in filter(Text.get_text, (ax.xaxis.label, ax.yaxis.label, ax.title)):
                box = label.get_window_extent()
                assert edge.x0 <= box.x0 <= box.x1 <= edge.x1, (drawing.name, label)
                assert edge.y0 <= box.y0 <= box.y1 <= edge.y1, (drawing.name, label)
        for legend in figure.legends:
            box = legend.get_window_extent()
            assert edge.x0 <= box.x0 <= box.x1 <= edge.x1, drawing.name
            assert all(box.y1 <= ax.get_window_extent().y0 for ax in figure.axes), drawing.name


def test_files_are_vectors_without_dates_and_the_same_every_time(whole):
    first, again = (export.files(export.Drawing("map", plots.overlap_map(whole), "")) for _ in range(2))
    assert first == again
    assert list(first) == ["map.svg", "map.pdf"]
    assert b"<image" not in first["map.svg"]
    assert b"dc:date" not in first["map.svg"]
    assert b"/Subtype /Image" not in first["map.pdf"]
    assert b"CreationDate" not in first["map.pdf"]
    assert b"/Subtype /Type3" not in first["map.pdf"]


def test_inline_figures_share_no_id_and_need_no_network(drawings):
    pages = [export.inline(export.files(d)[f"{d.name}.svg"], d.name, "words") for d in list(drawings.values())[:2]]
    ids = [re.findall(r'\bid="([^"]*)"', page) for page in pages]
    assert not set(ids[0]) & set(ids[1])
    for page, own in zip(pages, ids, strict=True):
        assert len(own) == len(set(own)) > 20
        assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', page)) <= set(own)
        assert "http" not in page
        assert page.startswith('<svg role="img" aria-label="words"')
