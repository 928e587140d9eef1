namespace MicroGpt.Bench;

/// <summary>The spread of repeated measurements.</summary>
readonly record struct Spread(double Lower, double Median, double Upper)
{
    public static Spread Of(double[] times)
    {
        Array.Sort(times);
        return new(times[times.Length / 4], times[times.Length / 2], times[times.Length * 3 / 4]);
    }
}
