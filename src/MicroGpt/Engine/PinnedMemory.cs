namespace MicroGpt;

/// <summary>Memory that stays where it is for as long as this object lives, so that kernels can point to it.</summary>
sealed unsafe class PinnedMemory
{
    readonly List<Array> memory = [];

    /// <summary>Zeros, from an address that is a multiple of a cache line's 64 bytes.</summary>
    public double* Take(long count)
    {
        var array = GC.AllocateArray<double>(checked((int)(count + 8)), pinned: true);
        memory.Add(array);
        fixed (double* start = array)
        {
            return (double*)((nint)start + 63 & ~63);
        }
    }

    /// <summary>The same, of float32.</summary>
    public float* TakeFloats(long count) => (float*)Take((count + 1) / 2);

    /// <summary>The number of each index from 0 on.</summary>
    public int* Take(int count, Func<int, int> number)
    {
        var array = GC.AllocateUninitializedArray<int>(count, pinned: true);
        for (var i = 0; i < count; i++)
        {
            array[i] = number(i);
        }
        memory.Add(array);
        fixed (int* start = array)
        {
            return start;
        }
    }
}
