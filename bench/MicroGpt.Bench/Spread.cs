namespace MicroGpt.Bench;

/// <summary>What repeats of the same measurement gave.</summary>
readonly record struct Spread(double Lower, double Median, double Upper)
{
    public static Spread Of(double[] times)
    {
        Array.Sort(times);
        return new(times[times.Length / 4], times[times.Length / 2], times[times.Length * 3 / 4]);
    }
}
