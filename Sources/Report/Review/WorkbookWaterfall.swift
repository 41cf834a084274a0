import CXLSXWriter
import Ledger

extension WorkbookCharts {
  /// A series of a bridge; without a colour it only holds the others up.
  struct FloatingSeries {
    var nameCell: String
    var values: String
    var color: UInt32?
  }

  /// Columns stacked on an invisible one, so that they float.
  static func waterfall(
    in file: WorkbookFile, categories: String, series: [FloatingSeries], title: String, from: Money,
    to: Money,
    numberFormat: String
  ) -> UnsafeMutablePointer<lxw_chart>? {
    guard let chart = file.addChart(LXW_CHART_COLUMN_STACKED) else { return nil }
    for one in series {
      guard let added = chart_add_series(chart, "=" + categories, "=" + one.values) else { return nil }
      chart_series_set_name(added, "=" + one.nameCell)
      if let color = one.color {
        fill(added, color)
      } else {
        var none = lxw_chart_fill()
        none.none = 1
        chart_series_set_fill(added, &none)
      }
    }
    chart_set_series_gap(chart, 40)
    chart_axis_set_num_format(chart.pointee.y_axis, numberFormat)
    chart_axis_set_min(chart.pointee.y_axis, Double(from.description) ?? 0)
    chart_axis_set_max(chart.pointee.y_axis, Double(to.description) ?? 0)
    var grid = lxw_chart_line()
    grid.color = Palette.line
    grid.width = 0.75
    chart_axis_major_gridlines_set_line(chart.pointee.y_axis, &grid)
    dress(chart, title: title, legend: LXW_CHART_LEGEND_NONE)
    return chart
  }
}
