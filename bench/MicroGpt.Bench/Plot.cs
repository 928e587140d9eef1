using System.Text;

namespace MicroGpt.Bench;

/// <summary>A line plot as SVG. The x axis is logarithmic; the y axis too, unless it is made of steps.</summary>
/// <param name="yTitle">Above the y axis.</param>
/// <param name="xTitle">Below the x axis.</param>
/// <param name="yStep">The distance of the lines of a linear y axis; 0: it is logarithmic.</param>
/// <param name="xBase">The x axis has a line at each power of this.</param>
sealed class Plot(string yTitle, string xTitle, double yStep = 0, double xBase = 2)
{
    const int Width = 720, Height = 440, Left = 70, Right = 120, Top = 30, Bottom = 50;

    static readonly string[] colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]; // safe for colour-blind readers

    readonly List<(string Name, List<(double X, double Y)> Points)> lines = [];

    public void Add(string name, double x, double y)
    {
        if (lines.Count == 0 || lines[^1].Name != name)
        {
            lines.Add((name, []));
        }
        lines[^1].Points.Add((x, y));
    }

    public string ToSvg()
    {
        var points = lines.SelectMany(line => line.Points).ToArray();
        var (x0, x1) = (points.Min(p => p.X), points.Max(p => p.X));
        var (y0, y1) = (points.Min(p => p.Y), points.Max(p => p.Y));
        (y0, y1) = yStep > 0 ? (Math.Floor(y0 / yStep) * yStep, Math.Ceiling(y1 / yStep) * yStep)
            : (Math.Pow(10, Math.Floor(Math.Log10(y0))), Math.Pow(10, Math.Ceiling(Math.Log10(y1))));
        var svg = new StringBuilder();
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" "
            + $"font-family=\"sans-serif\" font-size=\"13\">\n"
            + $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>\n");
        for (var y = y0; y <= y1 * 1.001; y = yStep > 0 ? y + yStep : y * 10)
        {
            svg.Append($"<path d=\"M{Left} {Y(y):F1}H{Width - Right}\" stroke=\"#ddd\"/>\n"
                + $"<text x=\"{Left - 8}\" y=\"{Y(y) + 4:F1}\" text-anchor=\"end\">"
                + $"{(yStep > 0 ? $"{y:F1}" : $"{y:N0}")}</text>\n");
        }
        for (var x = Math.Pow(xBase, Math.Ceiling(Math.Log(x0, xBase))); x <= x1 * 1.001; x *= xBase)
        {
            svg.Append($"<path d=\"M{X(x):F1} {Top}V{Height - Bottom}\" stroke=\"#eee\"/>\n"
                + $"<text x=\"{X(x):F1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{x}</text>\n");
        }
        foreach (var (i, (name, line)) in lines.Index())
        {
            var color = colors[i % colors.Length];
            svg.Append($"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\""
                + string.Join(' ', line.Select(p => $"{X(p.X):F1},{Y(p.Y):F1}")) + "\"/>\n");
            foreach (var (x, y) in line)
            {
                svg.Append($"<circle cx=\"{X(x):F1}\" cy=\"{Y(y):F1}\" r=\"3\" fill=\"{color}\"/>\n");
            }
            var (lastX, lastY) = line[^1];
            svg.Append($"<text x=\"{X(lastX) + 8:F1}\" y=\"{Y(lastY) + 4:F1}\" fill=\"{color}\">{name}</text>\n");
        }
        var middle = (Left + Width - Right) / 2;
        svg.Append($"<text x=\"{Left - 50}\" y=\"18\">{yTitle}</text>\n"
            + $"<text x=\"{middle}\" y=\"{Height - 10}\" text-anchor=\"middle\">{xTitle}</text>\n</svg>\n");
        return svg.ToString();

        double X(double x) => Left + (Width - Left - Right) * Math.Log(x / x0) / Math.Log(x1 / x0);
        double Y(double y) => Height - Bottom - (Height - Top - Bottom)
            * (yStep > 0 ? (y - y0) / (y1 - y0) : Math.Log(y / y0) / Math.Log(y1 / y0));
    }
}
