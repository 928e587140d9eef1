using System.Globalization;

namespace MicroGpt.Explorer.Drawing;

/// <summary>Numbers as the page writes them: four digits at first, then all.</summary>
public static class Digits
{
    /// <summary>Four digits after the point, or of the number, if it is small.</summary>
    public static string Four(double number)
    {
        var size = Math.Abs(number);
        var text = size is 0 or >= 0.001 ? size.ToString(size >= 1000 ? "N0" : "0.0000", CultureInfo.InvariantCulture)
            : double.IsNaN(size) ? "not a number"
            : size.ToString("0.000e0", CultureInfo.InvariantCulture);
        return number < 0 ? "−" + text : text;
    }

    /// <summary>The class of a sign in explorer.css: plus, minus, or none for exactly 0.</summary>
    public static string Sign(double number) => number > 0 ? "plus" : number < 0 ? "minus" : "none";

    /// <summary>Four digits with a sign, as a change is written.</summary>
    public static string Change(double number) => number > 0 ? "+" + Four(number) : Four(number);

    /// <summary>All digits: as many as it takes to tell the number from all others.</summary>
    public static string All(double number) =>
        Invariant(number).Replace('-', '−')
            .Replace("E", "e", StringComparison.Ordinal);

    /// <summary>A probability: 42 %, or 0.31 %.</summary>
    public static string Percent(double probability) =>
        (100 * probability).ToString(probability >= 0.0995 ? "0" : probability >= 0.00995 ? "0.0" : "0.00",
            CultureInfo.InvariantCulture) + " %";

    /// <summary>1,000.</summary>
    public static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>As an input element wants it.</summary>
    public static string Invariant(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A coordinate of a drawing, to a hundredth.</summary>
    public static string Place(double coordinate) => coordinate.ToString("0.##", CultureInfo.InvariantCulture);
}
