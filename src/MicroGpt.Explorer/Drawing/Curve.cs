using System.Globalization;
using System.Text;

namespace MicroGpt.Explorer.Drawing;

/// <summary>Numbers as a line of SVG.</summary>
public static class Curve
{
    /// <summary>A line through all points.</summary>
    /// <param name="values">One for each step.</param>
    /// <param name="width">From one point to the next.</param>
    /// <param name="y">Where a value stands.</param>
    public static string Of(ReadOnlySpan<double> values, double width, Func<double, double> y)
    {
        ArgumentNullException.ThrowIfNull(y);
        var path = new StringBuilder(values.Length * 10);
        for (var i = 0; i < values.Length; i++)
        {
            path.Append(i == 0 ? 'M' : 'L').Append(CultureInfo.InvariantCulture, $"{i * width:0.#} {y(values[i]):0.#}");
        }
        return path.ToString();
    }

    /// <summary>Needles from a base line to each value that is not 0; where it is 0, a gap.</summary>
    public static string Needles(ReadOnlySpan<double> values, double width, double foot, Func<double, double> y)
    {
        ArgumentNullException.ThrowIfNull(y);
        var path = new StringBuilder(values.Length * 12);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] != 0)
            {
                path.Append(CultureInfo.InvariantCulture, $"M{i * width:0.#} {foot:0.#}V{y(values[i]):0.#}");
            }
        }
        return path.ToString();
    }

    /// <summary>A band around the middle, y = 50, as wide as each value says.</summary>
    public static string Band(ReadOnlySpan<double> values, double width, Func<double, double> half)
    {
        ArgumentNullException.ThrowIfNull(half);
        var path = new StringBuilder(values.Length * 20);
        for (var i = 0; i < values.Length; i++)
        {
            path.Append(i == 0 ? 'M' : 'L')
                .Append(CultureInfo.InvariantCulture, $"{i * width:0.#} {50 - half(values[i]):0.#}");
        }
        for (var i = values.Length - 1; i >= 0; i--)
        {
            path.Append(CultureInfo.InvariantCulture, $"L{i * width:0.#} {50 + half(values[i]):0.#}");
        }
        return path.Append('Z').ToString();
    }
}
