import CXLSXWriter

/// In: ranges of a sheet. Out: Excel's own charts over them, drawn quietly.
enum WorkbookCharts {
  struct Series {
    var nameCell: String
    var values: String
    var color: UInt32
  }

  /// Horizontal bars, the first row on top.
  static func bars(
    in file: WorkbookFile, categories: String, values: String, title: String, numberFormat: String
  ) -> UnsafeMutablePointer<lxw_chart>? {
    guard let chart = file.addChart(LXW_CHART_BAR),
      let series = chart_add_series(chart, "=" + categories, "=" + values)
    else { return nil }
    fill(series, Palette.accent)
    chart_series_set_labels(series)
    chart_series_set_labels_num_format(series, numberFormat)
    var font = labelFont()
    chart_series_set_labels_font(series, &font)
    chart_set_series_gap(chart, 60)
    // A bar chart lies on its side, and so do the library's names: y is the axis of categories.
    chart_axis_set_reverse(chart.pointee.y_axis)
    chart_axis_off(chart.pointee.x_axis)
    chart_axis_major_gridlines_set_visible(chart.pointee.x_axis, 0)
    chart_axis_major_gridlines_set_visible(chart.pointee.y_axis, 0)
    dress(chart, title: title, legend: LXW_CHART_LEGEND_NONE)
    return chart
  }

  /// Columns stacked by series.
  static func stackedColumns(
    in file: WorkbookFile, categories: String, series: [Series], title: String, numberFormat: String
  ) -> UnsafeMutablePointer<lxw_chart>? {
    guard let chart = file.addChart(LXW_CHART_COLUMN_STACKED) else { return nil }
    for one in series {
      guard let added = chart_add_series(chart, "=" + categories, "=" + one.values) else { return nil }
      chart_series_set_name(added, "=" + one.nameCell)
      fill(added, one.color)
    }
    chart_set_series_gap(chart, 40)
    chart_axis_set_num_format(chart.pointee.y_axis, numberFormat)
    chart_axis_set_num_format(chart.pointee.x_axis, "m/d")
    var grid = lxw_chart_line()
    grid.color = Palette.line
    grid.width = 0.75
    chart_axis_major_gridlines_set_line(chart.pointee.y_axis, &grid)
    var none = lxw_chart_line()
    none.none = 1
    chart_axis_set_line(chart.pointee.y_axis, &none)
    dress(chart, title: title, legend: series.count > 1 ? LXW_CHART_LEGEND_BOTTOM : LXW_CHART_LEGEND_NONE)
    return chart
  }

  static func dress(
    _ chart: UnsafeMutablePointer<lxw_chart>, title: String, legend: lxw_chart_legend_position
  ) {
    chart_title_set_name(chart, title)
    var font = lxw_chart_font()
    font.size = 11
    font.bold = 1
    font.color = Palette.accent
    chart_title_set_name_font(chart, &font)
    chart_legend_set_position(chart, UInt8(legend.rawValue))
    var small = labelFont()
    chart_legend_set_font(chart, &small)
    chart_axis_set_num_font(chart.pointee.x_axis, &small)
    chart_axis_set_num_font(chart.pointee.y_axis, &small)
    var border = lxw_chart_line()
    border.none = 1
    chart_chartarea_set_line(chart, &border)
  }

  static func fill(_ series: UnsafeMutablePointer<lxw_chart_series>, _ color: UInt32) {
    var fill = lxw_chart_fill()
    fill.color = color
    chart_series_set_fill(series, &fill)
  }

  private static func labelFont() -> lxw_chart_font {
    var font = lxw_chart_font()
    font.size = 9
    font.color = Palette.muted
    return font
  }
}
